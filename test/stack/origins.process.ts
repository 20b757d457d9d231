import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { graphql } from '../../scripts/stack/graphql.ts';
import { findStack } from '../../scripts/stack/running.ts';
import { TestStack } from './support.ts';

let stack: TestStack;
beforeEach(async () => {
  stack = await TestStack.create();
});
afterEach(() => stack.remove());

/** Starts with a folder, and returns the errors in its data, as "check iteration". */
async function errorsOf(folder: string): Promise<string[]> {
  const run = await stack.up({ WAREHOUSE_CSV: folder });
  const query = '{ dataQuality(severity: ERROR) { check subjects { id } } }';
  const { dataQuality } = (await graphql(findStack(stack.data).origin)(query)) as {
    dataQuality: { check: string; subjects: { id: string }[] }[];
  };
  run.child.kill('SIGTERM');
  expect(await run.exit).toBe(0);
  return dataQuality.flatMap(({ check, subjects }) => subjects.map(({ id }) => `${check} ${id}`));
}

test('an edited iteration is found although other data, or a copy, were loaded in between', async () => {
  const header = 'iteration_id,strategy_id,created_at\n';
  const write = (folder: string, rows: string) => writeFileSync(join(folder, 'iterations.csv'), `${header}${rows}\n`);
  const [copy, other] = ['copy', 'other'].map((name) => join(stack.folder, name)) as [string, string];
  for (const folder of [copy, other]) cpSync(stack.csv, folder, { recursive: true });
  write(other, '11,1,2026-01-05T00:00:00Z\n13,1,2026-01-06T00:00:00Z');

  expect(await errorsOf(stack.csv)).toEqual([]);
  expect(await errorsOf(copy)).toEqual([]);
  // A start that is killed while it loads.
  const killed = stack.run('stack', { WAREHOUSE_CSV: other });
  await killed.printed(/Loading/);
  killed.child.kill('SIGKILL');
  await killed.exit;
  expect(await errorsOf(other)).toEqual([]);

  write(stack.csv, '11,1,2026-01-01T00:00:00.000001Z\n12,1,2026-01-02T00:00:00Z\n21,2,2026-01-02T00:00:00Z');
  expect(await errorsOf(stack.csv)).toEqual(['CREATED_AT_EDITED 11', 'ITERATION_GONE 22']);
  // The content equals the loaded data, but the copy has a record of its own.
  cpSync(stack.csv, copy, { recursive: true });
  expect(await errorsOf(copy)).toEqual(['CREATED_AT_EDITED 11', 'ITERATION_GONE 22']);
  write(other, '11,1,2026-01-05T00:00:00Z');
  expect(await errorsOf(other)).toEqual(['ITERATION_GONE 13']);
});
