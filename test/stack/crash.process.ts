import { mkdirSync, readdirSync, watch } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { graphql } from '../../scripts/stack/graphql.ts';
import { findStack } from '../../scripts/stack/running.ts';
import { type Run, TestStack } from './support.ts';

let stack: TestStack;
beforeEach(async () => {
  stack = await TestStack.create();
});
afterEach(() => stack.remove());

async function kill(run: Run): Promise<void> {
  run.child.kill('SIGKILL');
  await run.exit;
}

/** Kills a start while initdb creates the files of the first database. */
async function killInInitdb(): Promise<void> {
  mkdirSync(stack.data, { recursive: true });
  const watcher = watch(stack.data);
  const isStarted = new Promise<void>((resolve) => {
    watcher.on('change', (_, name) => {
      if (String(name).startsWith('adsuite.new-')) resolve();
    });
  });
  const run = stack.run();
  await isStarted;
  watcher.close();
  await kill(run);
}

test('a first start that is stopped and killed at several points is completed by the next start', async () => {
  await killInInitdb();
  const stopped = stack.run();
  await stopped.printed(/Creating the warehouse's schemas/);
  stopped.child.kill('SIGTERM');
  const code = await stopped.exit;
  const wasUp = stopped.output().includes('Everything is up');
  expect(code, stopped.output()).toBe(wasUp ? 0 : 1);
  if (!wasUp) expect(stopped.output()).toContain('Stopped before everything was up');
  // The stopped start left no servers behind, the killed ones do.
  for (const [index, point] of [/Creating the warehouse's schemas/, /Loading/, / 1\/\d+ /, /^GraphQL/m].entries()) {
    const run = stack.run();
    await run.printed(point);
    expect(run.output().includes('left behind')).toBe(index > 0);
    await kill(run);
  }
  const last = await stack.up();
  expect(last.output()).toMatch(/Stopping a PostgreSQL that an earlier start left behind \(process \d+\)/);
  const { origin } = findStack(stack.data);
  const summary = '{ attributionSummary { total attributed } strategies { totalCount } iterations { totalCount } }';
  expect(await graphql(origin)(summary)).toEqual({
    attributionSummary: { total: 5, attributed: 2 },
    strategies: { totalCount: 2 },
    iterations: { totalCount: 4 },
  });
  expect(readdirSync(stack.data).filter((name) => name.includes('.new'))).toEqual([]);
});
