import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type BuildReader, openWarehouse, type Warehouse } from '../../src/db/warehouse/connect.ts';
import { type BuildRow, newestBuild } from '../../src/db/warehouse/queries/builds.ts';
import { readSnapshot } from '../../src/db/warehouse/read-snapshot.ts';
import type { WarehouseDialect } from '../../src/db/warehouse/session.ts';
import { openSnapshots, type SnapshotFill, type SnapshotsOptions } from '../../src/db/warehouse/snapshots.ts';
import { recordStatement } from '../support/recorded-statements.ts';
import { serve } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

const large = 2 ** 28;

let database: TestDatabase;
let warehouse: Warehouse;
let statements = 0;
let now = 0;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(6), smallWorldAsOf);
  warehouse = openWarehouse({
    target: database.target,
    maxConnections: 2,
    waitMilliseconds: 10_000,
    statementMilliseconds: 60_000,
    onStatement: (statement) => {
      statements += 1;
      recordStatement(statement);
    },
    onConnectionLost: () => {},
  });
});
afterAll(async () => {
  await warehouse?.close();
  await database?.close();
});

const newest = async (): Promise<BuildRow> => (await newestBuild(warehouse)) as BuildRow;

function opened(options: Partial<SnapshotsOptions> = {}) {
  const fills: SnapshotFill[] = [];
  const onFill = (fill: SnapshotFill) => fills.push(fill);
  const snapshots = openSnapshots({ warehouse, maxBytes: large, clock: () => now, onFill, ...options });
  onTestFinished(() => snapshots.close());
  return {
    snapshots,
    fills,
    /** The outcomes of the fills that noticing a build begins. */
    notice: async (build: BuildRow | null) => {
      const before = fills.length;
      snapshots.noticed(build);
      await snapshots.settled();
      return fills.slice(before).map(({ outcome }) => outcome);
    },
  };
}

describe('a snapshot', () => {
  test('is of exactly one build, and replaces that of the build before', async () => {
    const { snapshots, notice } = opened();
    const first = await newest();
    expect(await notice(null)).toEqual([]);
    expect(snapshots.of(first)).toBeNull();
    expect(await notice(first)).toEqual(['COMPLETE']);
    const snapshot = snapshots.of(first);
    expect(snapshot?.metrics).not.toBeNull();
    expect(snapshots.of({ ...first, build_id: 'another' })).toBeNull();
    expect(snapshots.of({ ...first, tables_build_number: '99' })).toBeNull();
    // Once it is complete, noticing the build again costs nothing.
    statements = 0;
    expect(await notice(first)).toEqual([]);
    expect(statements).toBe(0);
    await database.build('2026-02-21T00:00:00Z');
    const second = await newest();
    snapshots.noticed(second);
    // An operation in progress keeps the one that it has.
    expect(snapshots.of(first)).toBeNull();
    await snapshots.settled();
    expect(snapshots.of(second)).not.toBeNull();
    expect(snapshots.state()).toMatchObject({ current: { build: second.build_number }, fills: { COMPLETE: 2 } });
  });

  test('is not made of tables that builds share', async () => {
    const { notice } = opened();
    expect(await notice({ ...(await newest()), tables_build_number: null })).toEqual([]);
  });

  test('has no daily tables if they exceed the memory, and does not exist if the other tables do', async () => {
    const build = await newest();
    const complete = opened();
    await complete.notice(build);
    const { bytes = 0 } = complete.snapshots.state().current ?? {};
    const partial = opened({ maxBytes: bytes - 1 });
    expect(await partial.notice(build)).toEqual(['PARTIAL']);
    expect(partial.snapshots.of(build)).toMatchObject({ metrics: null, clicks: null });
    expect(partial.fills).toMatchObject([{ reason: 'with the daily tables it would need 1 MiB' }]);
    const refused = opened({ maxBytes: 1000 });
    expect(await refused.notice(build)).toEqual(['REFUSED']);
    expect(refused.snapshots.of(build)).toBeNull();
    // It would be the same again.
    expect(await refused.notice(build)).toEqual([]);
  });

  test('that could not be filled is tried again, later each time, when the build is found', async () => {
    const build = { ...(await newest()), tables_build_number: '99' };
    const { snapshots, notice, fills } = opened();
    const seconds: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      expect(await notice(build)).toEqual(['FAILED']);
      const last = fills.at(-1);
      const wait = last?.outcome === 'FAILED' ? last.retrySeconds : 0;
      seconds.push(wait);
      now += wait * 1000 - 1;
      expect(await notice(build)).toEqual([]);
      now += 1;
    }
    expect(seconds).toEqual([30, 60, 120, 240, 480, 600, 600]);
    expect(snapshots.of(build)).toBeNull();
    // Another build does not wait.
    expect(await notice(await newest())).toEqual(['COMPLETE']);
  });

  test('ends as soon as a newer build is found, and only that of the newest one is filled', async () => {
    const { snapshots, fills } = opened();
    const build = await newest();
    const numbered = (more: number) => {
      const build_number = String(Number(build.build_number) + more);
      return { ...build, build_id: `${more} later`, build_number };
    };
    const found = [build, numbered(1), numbered(2)];
    const [, second, third] = found;
    for (const each of [...found, second, build]) snapshots.noticed(each ?? null);
    await snapshots.settled();
    expect(fills).toMatchObject([
      { outcome: 'SUPERSEDED', build: build.build_number, by: third?.build_number },
      { outcome: 'COMPLETE', build: third?.build_number },
    ]);
    expect(found.map((each) => snapshots.of(each) !== null)).toEqual([false, false, true]);
    expect(snapshots.state().fills).toMatchObject({ COMPLETE: 1, SUPERSEDED: 1, FAILED: 0 });
  });

  test('is not ended by an older build, nor by one that would not be filled', async () => {
    const { snapshots, fills } = opened();
    const build = await newest();
    snapshots.noticed(build);
    snapshots.noticed({ ...build, build_id: 'older', build_number: '0' });
    snapshots.noticed({ ...build, build_id: 'shares tables', build_number: '999', tables_build_number: null });
    await snapshots.settled();
    expect(fills).toMatchObject([{ outcome: 'COMPLETE', build: build.build_number }]);
    expect(snapshots.of(build)).not.toBeNull();
  });

  test('ends with the service, and is then neither a failure nor begun', async () => {
    const { snapshots, fills } = opened();
    const build = await newest();
    snapshots.noticed(build);
    snapshots.noticed({ ...build, build_id: 'another' });
    await snapshots.close();
    snapshots.noticed(await newest());
    await snapshots.settled();
    expect(fills).toEqual([]);
  });
});

/** What a build's snapshot says of every iteration, day and goal. */
async function contents(dialect: WarehouseDialect) {
  const build = await newest();
  const names: string[] = [];
  const plain = warehouse.ofBuild(async () => build.tables_build_number);
  const reader: BuildReader = {
    ...plain,
    dialect,
    rows: (name, query) => {
      names.push(name);
      return plain.rows(name, query);
    },
  };
  const { snapshot, reason } = await readSnapshot(reader, true, large);
  expect(reason).toBeNull();
  const { metrics, clicks, iterations, rows, bytes } = snapshot;
  const every = { first: 1_000, after: null };
  const query = { dimensions: ['ITERATION', 'DAY', 'GOAL'] as const, filter: { isAttributed: true } };
  const list = iterations.page({}, { field: 'CREATED_AT', direction: 'DESC' }, every)?.rows ?? [];
  const filter = { iterationIds: null, strategyIds: null, period: null, isDaily: true, timeZone: null };
  return {
    names,
    contents: {
      size: { rows, bytes },
      groups: metrics?.page({ ...query, dimensions: [...query.dimensions] }, { field: 'KEY', direction: 'ASC' }, every)
        ?.rows,
      ofIterations: list.map((row) => ({
        row,
        days: clicks?.byDay(['ITERATION'], filter, [row.id]),
        clicks: clicks?.total(['ITERATION'], filter, [row.id]),
        metrics: metrics?.totals({ dimensions: ['ITERATION'], filter: {} }, [row.id]),
      })),
    },
  };
}

test('daily tables that are read by day, as on Redshift, give the same snapshot', async () => {
  const [byIteration, byDay] = [await contents('postgres'), await contents('redshift')];
  expect(byDay.contents).toEqual(byIteration.contents);
  expect(byDay.contents.groups?.length).toBeGreaterThan(5);
  expect(byIteration.names).not.toContain('snapshot.days');
  // The days of each table, its iterations, and its rows in one range.
  expect(byDay.names.filter((name) => /days|iterationRows|metrics|clicks/.test(name)).toSorted()).toEqual([
    'snapshot.clicks',
    ...['snapshot.days', 'snapshot.days', 'snapshot.iterationRows', 'snapshot.iterationRows'],
    'snapshot.metrics',
  ]);
});

/** Runs `use` while a column of all rows of a table has a value. */
async function planted(table: string, column: string, value: string, use: () => Promise<void>): Promise<void> {
  const name = `attribution.${table}__${(await newest()).tables_build_number}`;
  await database.query(`create table kept as select * from ${name}`);
  try {
    await database.query(`update ${name} set ${column} = ${value}`);
    await use();
  } finally {
    await database.query(`delete from ${name}`);
    await database.query(`insert into ${name} select * from kept`);
    await database.query('drop table kept');
  }
}

test.each([
  ['strategies', 'created_at', "'infinity'", 'REFUSED', 'strategies has the time infinity'],
  ['iterations_with_end_time', 'ended_at', "'-infinity'", 'REFUSED', 'iterations has the time -infinity'],
  [
    'iteration_metrics_daily',
    'conversion_day',
    "'infinity'",
    'PARTIAL',
    'iteration_metrics_daily has the day infinity',
  ],
  [
    'iteration_metrics_daily',
    'first_converted_at',
    "'1600-01-01T00:00:00Z'",
    'PARTIAL',
    'iteration_metrics_daily has the time 1600-01-01T00:00:00.000000Z',
  ],
  ['iteration_metrics_daily', 'payout', '1e12', 'PARTIAL', 'the payouts are too large to be summed exactly'],
  ['iteration_metrics_daily', 'payout', '-1e30', 'PARTIAL', 'the payouts are too large to be summed exactly'],
])('values that memory cannot hold are read with SQL: %s.%s = %s', async (table, column, value, outcome, reason) => {
  await planted(table, column, value, async () => {
    const { notice, fills } = opened();
    expect(await notice(await newest())).toEqual([outcome]);
    expect(fills).toMatchObject([{ reason }]);
    const [plain, service] = [await serve(database.target), await serve(database.target, {}, { hasSnapshot: true })];
    onTestFinished(async () => {
      await plain.close();
      await service.close();
    });
    const query = `{ strategies { nodes { id name metrics { conversions payout clicks } } }
      metrics(groupBy: [STRATEGY], filter: {status: [ATTRIBUTED]}) { nodes { metrics { payout lastConversionAt } } } }`;
    const answer = await service.send(query);
    expect({ ...answer, extensions: null }).toEqual({ ...(await plain.send(query)), extensions: null });
    expect(answer.extensions?.data).not.toHaveProperty('snapshot');
  });
});
