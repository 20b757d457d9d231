import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonEnvironment } from '../../local/python/environment.ts';
import { graphql } from '../../scripts/stack/graphql.ts';
import { withClient } from '../../scripts/stack/logins.ts';
import { findStack } from '../../scripts/stack/running.ts';
import { type Run, TestStack } from './support.ts';

// All tests use one stack; each test continues where the previous one ended.
let place: TestStack;
let stack: Run;
beforeAll(async () => {
  // The first time, dbt is installed.
  await pythonEnvironment('dbt', () => undefined);
  place = await TestStack.create();
  stack = await place.up({}, ['--dbt']);
}, 600_000);
afterAll(() => place.remove());

test('the first start builds with dbt, and shows its progress', async () => {
  expect(stack.output()).toMatch(/\n {2}\d+ of \d+ OK created sql table model attribution\.goal_complete_events_attr/);
  expect(stack.output()).toMatch(/\n {2}Done\. PASS=\d+ WARN=0 ERROR=0 SKIP=0 /);
  const ask = graphql(findStack(place.data).origin);
  expect(await ask('{ conversion(id: "e-b") { status iterationId } dataStatus { build } }')).toEqual({
    conversion: { status: 'ATTRIBUTED', iterationId: '12' },
    dataStatus: { build: stack.output().match(/build (\S+)/)?.[1] },
  });
});

test('stack:move follows the running stack', async () => {
  const move = place.run('stack-move');
  expect(await move.exit, move.output()).toBe(0);
  expect(move.output()).toMatch(/\nAll 23 checks passed\.\n$/);
});

/** The process ids of a process's children, their children and so on. Without those that have ended. */
function descendants(ancestor: number | undefined): number[] {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
  const below = (pid?: number): number[] =>
    processes.filter(({ parent }) => parent === pid).flatMap((each) => [each.pid, ...below(each.pid)]);
  return ancestor === undefined ? processes.map(({ pid }) => pid) : below(ancestor);
}

test('dbt ends with a pipeline that is killed', async () => {
  const { logins } = findStack(place.data);
  await withClient(logins.to('warehouse', 'postgres'), async (client) => {
    // dbt waits for this lock, so it would not end by itself.
    await client.query('begin; lock table adgem.clicks in access exclusive mode');
    const pipeline = place.run('stack-pipeline');
    const waiting = "select 1 from pg_locks where relation = 'adgem.clicks'::regclass and not granted";
    const isWaiting = async () => (await client.query(waiting)).rows.length > 0;
    await Promise.race([
      expect.poll(isWaiting, { timeout: 120_000 }).toBe(true),
      pipeline.exit.then(() => expect.fail(pipeline.output())),
    ]);
    const started = descendants(pipeline.child.pid);
    // A shell, its watcher and dbt.
    expect(started.length).toBeGreaterThanOrEqual(3);
    pipeline.child.kill('SIGKILL');
    await pipeline.exit;
    const remaining = () => descendants(undefined).filter((pid) => started.includes(pid));
    await expect.poll(remaining, { timeout: 20_000 }).toEqual([]);
    await client.query('rollback');
  });
});

test("stack:pipeline follows it too, and fails with dbt's message", async () => {
  const { logins } = findStack(place.data);
  const gap = 'update attribution.attribution_builds set build_number = 70 where build_number = 1';
  await withClient(logins.to('warehouse', 'postgres'), (client) => client.query(gap));
  const pipeline = place.run('stack-pipeline');
  expect(await pipeline.exit).toBe(1);
  expect(pipeline.output()).toMatch(/dbt failed \(exit code 1\):\n/);
  expect(pipeline.output()).toMatch(
    /Failure in test build_numbers_have_no_gap \(tests\/build_numbers_have_no_gap\.sql\)/,
  );
});

test('a start that is stopped ends dbt first, and reports no error of it', async () => {
  stack.child.kill('SIGTERM');
  expect(await stack.exit).toBe(0);
  // Other data, so that the next start builds.
  place.write({ 'campaigns.csv': `${readFileSync(join(place.csv, 'campaigns.csv'), 'utf8')}9999,new,\n` });
  const start = place.run('stack', {}, ['--dbt']);
  await start.printed(/ \d+ of \d+ OK created/);
  start.child.kill('SIGTERM');
  expect(await start.exit).toBe(1);
  expect(start.output()).toContain('Stopped before everything was up');
  expect(start.output()).not.toMatch(/ERROR|database system|The pipeline failed/);
});
