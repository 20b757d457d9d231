import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { graphql } from '../../scripts/stack/graphql.ts';
import { withClient } from '../../scripts/stack/logins.ts';
import { waitForBuild } from '../../scripts/stack/move/queries.ts';
import { requireRefreshed } from '../../scripts/stack/pipeline.ts';
import { findStack } from '../../scripts/stack/running.ts';
import { type Run, TestStack } from './support.ts';

// All tests use one stack; each test continues where the previous one ended.
let place: TestStack;
let stack: Run;
let build: unknown;
beforeAll(async () => {
  place = await TestStack.create();
  stack = await place.up();
});
afterAll(() => place.remove());

const ask = (query: string) => graphql(findStack(place.data).origin)<Record<string, unknown>>(query);

test('the first start loads, refreshes the mirror, attributes and serves', async () => {
  expect(stack.output()).toMatch(/Loaded 19 rows/);
  const query = '{ conversions(orderBy: { field: ID, direction: ASC }) { nodes { id status iterationId } } }';
  const waiting = { status: 'STRATEGY_NOT_FOUND', iterationId: null };
  expect(await ask(query)).toEqual({
    conversions: {
      nodes: [
        { id: 'e-a', status: 'ATTRIBUTED', iterationId: '11' },
        { id: 'e-b', status: 'ATTRIBUTED', iterationId: '12' },
        { id: 'e-c', ...waiting },
        { id: 'e-d', ...waiting },
        { id: 'e-e', ...waiting },
      ],
    },
  });
});

test('no password is printed, and each has 32 characters', () => {
  const lines = readFileSync(join(place.data, 'pgpass'), 'utf8').trim().split('\n');
  for (const password of lines.map((line) => line.split(':')[4] ?? '')) {
    expect(password.length).toBe(32);
    expect(stack.output()).not.toContain(password);
  }
});

test('stack:move: the new iteration, the clicks around its beginning, the late offer', async () => {
  const move = place.run('stack-move');
  expect(await move.exit, move.output()).toBe(0);
  expect(move.output()).toMatch(/Strategy 1 "Alpha".*: iteration 12 is live/);
  expect(move.output()).toContain('the click exactly at its beginning counts for iteration 12\n');
  expect(move.output()).toContain('the click exactly at its beginning counts for iteration 23\n');
  expect(move.output()).toContain(
    "of strategy 2's 3 past conversions 2 are attributed, to 2 iterations, 1 BEFORE_FIRST_ITERATION",
  );
  expect(move.output()).toContain('a push of this build would be refused by DATA_QUALITY\n');
  expect(move.output()).toMatch(/\nAll 23 checks passed\.\n$/);
});

test('stack:move again: another iteration, and no strategy without an offer is left', async () => {
  const move = place.run('stack-move');
  expect(await move.exit, move.output()).toBe(0);
  expect(move.output()).toContain('iteration 23 is live');
  expect(move.output()).toContain('Every strategy that conversions wait for has a tune_offer_id');
  expect(move.output()).toMatch(/\nAll 21 checks passed\.\n$/);
});

test('a change by hand takes effect after the pipeline', async () => {
  const { logins } = findStack(place.data);
  await withClient(logins.to('adsuite', 'adsuite'), (client) =>
    client.query("insert into iterations values (99, 1, 'by hand', '2026-01-01 06:00:00+00')"),
  );
  const pipeline = place.run('stack-pipeline');
  expect(await pipeline.exit, pipeline.output()).toBe(0);
  await waitForBuild(graphql(findStack(place.data).origin), pipeline.output().match(/build (\S+)/)?.[1] ?? '');
  expect(await ask('{ conversion(id: "e-a") { iterationId } }')).toEqual({ conversion: { iterationId: '99' } });
});

test('attribution is refused if a refresh is missing', async () => {
  const { logins } = findStack(place.data);
  await withClient(logins.to('warehouse', 'attribution_airflow'), async (client) => {
    const { rows } = await client.query('select clock_timestamp()::text as now');
    const check = requireRefreshed(client, rows[0].now);
    await expect(check).rejects.toThrow(/adsuite_mirror.strategies and adsuite_mirror.iterations/);
    await client.query("call adsuite_mirror.refresh('strategies')");
    await expect(requireRefreshed(client, rows[0].now)).rejects.toThrow(/: adsuite_mirror.iterations has no refresh/);
    await client.query("call adsuite_mirror.refresh('iterations')");
    await requireRefreshed(client, rows[0].now);
  });
});

test('a second stack on the same folder is refused, and the first keeps running', async () => {
  const second = place.run();
  expect(await second.exit).toBe(1);
  expect(second.output()).toContain(`is in use by process ${stack.child.pid}`);
  ({ build } = (await ask('{ dataStatus { build } }')).dataStatus as { build: string });
  expect(build).toEqual(expect.any(String));
});

test('Ctrl-C stops the service, the warehouse and AdSuite in this order, with exit code 0', async () => {
  stack.child.kill('SIGINT');
  expect(await stack.exit).toBe(0);
  expect(stack.output()).toContain('SIGTERM: finishing requests in progress');
  const shutDown = (name: string) =>
    /(\S+ \S+) UTC .*database system is shut down/.exec(readFileSync(join(place.data, `${name}.log`), 'utf8'))?.[1] ??
    '';
  expect(shutDown('warehouse')).toMatch(/\d/);
  expect(shutDown('warehouse') <= shutDown('adsuite')).toBe(true);
  const move = place.run('stack-move');
  expect(await move.exit).toBe(1);
  expect(move.output()).toContain('No stack runs in');
});

test('the next start continues without loading or attributing, also on other ports', async () => {
  const { STACK_ADSUITE_PORT: one = '', STACK_WAREHOUSE_PORT: other = '' } = place.env;
  stack = await place.up({ STACK_ADSUITE_PORT: other, STACK_WAREHOUSE_PORT: one });
  expect(stack.output()).not.toMatch(/Loading|Attributing/);
  expect(await ask('{ dataStatus { build } iterations { totalCount } }')).toEqual({
    dataStatus: { build },
    iterations: { totalCount: 7 },
  });
  const pipeline = place.run('stack-pipeline');
  expect(await pipeline.exit, pipeline.output()).toBe(0);
});

test('if the service ends, the stack stops the rest and reports it', async () => {
  const { servicePid } = JSON.parse(readFileSync(join(place.data, 'running.json'), 'utf8'));
  process.kill(servicePid, 'SIGKILL');
  expect(await stack.exit).toBe(1);
  expect(stack.output()).toContain('The service has stopped: it ended with SIGKILL');
  stack = await place.up();
  expect(stack.output()).not.toContain('left behind');
});

test('a failed pipeline reports why, and the next start serves the last build', async () => {
  const { logins } = findStack(place.data);
  // A gap in the build numbers, which no run can repair.
  const gap = 'update attribution.attribution_builds set build_number = 70 where build_number = 1';
  await withClient(logins.to('warehouse', 'postgres'), (client) => client.query(gap));
  const pipeline = place.run('stack-pipeline');
  expect(await pipeline.exit).toBe(1);
  expect(pipeline.output()).toMatch(/Data tests failed: build_numbers_have_no_gap/);
  stack.child.kill('SIGTERM');
  expect(await stack.exit).toBe(0);
  stack = await place.up();
  expect(stack.output()).toContain('The pipeline failed; the service serves the last build. Data tests failed');
  expect(await ask('{ conversions { totalCount } }')).toEqual({ conversions: { totalCount: 11 } });
});
