import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runDbtProject } from '../../src/embedded/dbt/index.ts';
import { sharedPostgres } from '../support/databases.ts';
import {
  addRaw,
  connectStore,
  DbtProjectCopy,
  project,
  reset,
  run,
  runOptions,
  type Store,
  stores,
} from '../support/dbt.ts';
import { messyWorld } from '../support/dbt-cases.ts';
import { proofs } from '../support/proofs.ts';

const published = [
  'strategies',
  'iterations_with_end_time',
  'campaigns',
  'goal_complete_events_attributed',
  'iteration_metrics_daily',
  'iteration_clicks_daily',
  'iteration_clicks_quarter_hourly',
  'unattributed_fixes',
];
const announcement = 'attribution_builds';
const others = project.models.map(({ name }) => name).filter((name) => name !== announcement);

describe.each(stores)('publishing on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    await reset(store);
    await addRaw(store, messyWorld);
  });

  /** The relations of the published models: v for a view, r for a table. */
  const relations = async () => {
    const { rows } = await store.query(
      `select relname::text as name, relkind::text as kind from pg_class
       where relnamespace = 'attribution'::regnamespace and relkind in ('r', 'v')
         and relname ~ '^(${published.join('|')})(__.*)?$'`,
    );
    return Object.fromEntries(rows.map(({ name, kind }) => [String(name), String(kind)]));
  };
  /** The same as expected: each model as a table or view, and its tables with these numbers. */
  const expected = (kind: 'r' | 'v', numbers: readonly number[]) =>
    Object.fromEntries(
      published.flatMap((name) => [[name, kind], ...numbers.map((number) => [`${name}__${number}`, 'r'] as const)]),
    );
  const contentOf = async (number: number | null) => {
    const contents: unknown[] = [];
    for (const name of published) {
      const table = `attribution.${name}${number === null ? '' : `__${number}`}`;
      contents.push((await store.query(`select each::text from ${table} as each order by 1`)).rows);
    }
    return contents;
  };
  const builds = async () =>
    (
      await store.query(
        `select build_number::int as build, tables_build_number::int as tables
         from attribution.attribution_builds order by 1`,
      )
    ).rows.map(({ build, tables }) => [build, tables]);
  const addStrategy = (id: number) =>
    addRaw(store, { strategies: [{ id, name: `number ${id}`, created_at: '2026-01-01T00:00:00Z' }] });

  test('renames the tables of a build, and keeps those of the last kept_builds', async () => {
    const contents: unknown[] = [];
    for (let build = 1; build <= 5; build += 1) {
      await addStrategy(9_000 + build);
      await run(store);
      contents.push(await contentOf(build));
      expect(await contentOf(null)).toEqual(contents[build - 1]);
      const kept = [build - 2, build - 1, build].filter((number) => number > 0);
      expect(await relations()).toEqual(expected('v', kept));
      for (const number of kept) expect(await contentOf(number), `${number}`).toEqual(contents[number - 1]);
    }
    expect(new Set(contents.map((each) => JSON.stringify(each))).size).toBe(5);
    await run(store, { vars: { kept_builds: 2 }, fullRefresh: true });
    expect(await relations()).toEqual(expected('v', [5, 6]));
    expect(await builds()).toEqual([1, 2, 3, 4, 5, 6].map((number) => [number, number]));
  });

  test('more than nine builds are counted by number, not by text', async () => {
    await run(store);
    await store.query('update attribution.attribution_builds set build_number = 8');
    for (let build = 9; build <= 11; build += 1) await run(store, { vars: { kept_builds: 2 } });
    expect(await relations()).toEqual(expected('v', [10, 11]));
  });

  test('a build whose tests fail publishes nothing and leaves the published tables as they are', async () => {
    await run(store);
    const before = await contentOf(1);
    for (const id of [9_001, 9_002]) {
      await addStrategy(id);
      await run(store, { select: others });
      expect(await relations()).toEqual(expected('r', [1]));
      expect(await contentOf(1)).toEqual(before);
    }
    await run(store);
    expect(await relations()).toEqual(expected('v', [1, 2]));
    expect(await contentOf(1)).toEqual(before);
    expect(await builds()).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  const notAll = /has not made \w+\. These tables are published together: /;

  test('a build of some of the tables is refused', async () => {
    await run(store);
    await expect(run(store, { select: ['iteration_metrics_daily', announcement] })).rejects.toThrow(notAll);
    expect(await relations()).toEqual({ ...expected('v', [1]), iteration_metrics_daily: 'r' });
    await expect(run(store, { select: [announcement] })).rejects.toThrow(notAll);
    await expect(run(store, { select: ['data_quality_findings', announcement] })).rejects.toThrow(notAll);
    expect(await builds()).toEqual([[1, 1]]);
    await run(store);
    expect(await relations()).toEqual(expected('v', [1, 2]));
    expect(await builds()).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test.each([
    ['finished', undefined],
    ['failed', others],
  ])('a build that continues after another one has %s is refused', async (_, select) => {
    await run(store);
    const vars = { build_id: 'interrupted' };
    // It stopped before its last table.
    await run(store, { vars, select: others.filter((name) => name !== 'iteration_clicks_daily') });
    await addStrategy(9_001);
    await run(store, { select });
    const [before, rows] = [await relations(), await builds()];
    const rest = { vars, select: ['iteration_clicks_daily', announcement] };
    await expect(run(store, rest)).rejects.toThrow(notAll);
    expect(await builds()).toEqual(rows);
    expect(await relations()).toEqual({ ...before, iteration_clicks_daily: 'r' });
    await run(store, { vars });
    expect(await contentOf(rows.length + 1)).toEqual(await contentOf(null));
    expect((await builds()).at(-1)).toEqual([rows.length + 1, rows.length + 1]);
  });

  test('tables of other people are neither dropped nor replaced', async () => {
    const vars = { kept_builds: 2 };
    await run(store, { vars });
    for (const name of ['strategies__2', 'strategies__1234567890123456789012'])
      await store.query(`create table attribution.${name} as select 1 as own`);
    await expect(run(store, { vars })).rejects.toThrow(
      /The table strategies__2 has the name that this build publishes/,
    );
    await store.query('alter table attribution.strategies__2 rename to strategies__0');
    for (const _ of [2, 3, 4]) await run(store, { vars });
    const { rows } = await store.query('select own from attribution.strategies__0');
    expect(rows).toEqual([{ own: 1 }]);
    expect(
      Object.keys(await relations())
        .filter((name) => name.startsWith('strategies'))
        .toSorted(),
    ).toEqual(['strategies', 'strategies__0', 'strategies__1234567890123456789012', 'strategies__3', 'strategies__4']);
  });

  test('the numbers begin again if the builds are dropped, also if the first run makes no build', async () => {
    await run(store);
    await run(store);
    await store.query('drop table attribution.attribution_builds');
    await run(store, { select: ['goal_complete_events'] });
    await run(store);
    expect(await builds()).toEqual([[1, 1]]);
    expect(await contentOf(1)).toEqual(await contentOf(null));
  });

  test('views that follow a renamed table do not keep it from being dropped', async () => {
    await run(store, { vars: { kept_builds: 2 } });
    await store.query('create view attribution.own as select count(*) from attribution.strategies__1');
    const without = others.filter((name) => !name.startsWith('quality_') && name !== 'data_quality_findings');
    for (const _ of [2, 3]) await run(store, { select: [...without, announcement], vars: { kept_builds: 2 } });
    expect(await relations()).toEqual(expected('v', [2, 3]));
    const { rows } = await store.query("select to_regclass('attribution.quality_iterations') as view");
    expect(rows).toEqual([{ view: null }]);
    await run(store, { vars: { kept_builds: 2 } });
    expect(await relations()).toEqual(expected('v', [3, 4]));
  });

  test('a row that can not be written leaves the tables unpublished', async () => {
    const copy = new DbtProjectCopy();
    try {
      copy.edit(
        'models/marts/attribution_builds.sql',
        '    gold.attributed,',
        '    cast(1 / (select 0) as bigint) as attributed,',
      );
      await run(store);
      await expect(runDbtProject(copy.load(), store, runOptions())).rejects.toThrow('division by zero');
    } finally {
      copy.remove();
    }
    expect(await relations()).toEqual(expected('r', [1]));
    await run(store);
    expect(await relations()).toEqual(expected('v', [1, 2]));
  });

  test.each([1, 'two', 0, '1'])('kept_builds must be a number of at least 2, not %s', async (kept) => {
    await expect(run(store, { vars: { kept_builds: kept } })).rejects.toThrow(
      /kept_builds must be a number, at least 2/,
    );
    expect(await relations()).toEqual(expected('r', []));
  });

  /** Runs models on a warehouse without transactions, and stops before the statement with this number of the last model. */
  const vars = { build_id: 'interrupted' };
  const runWithoutTransactions = async (select: readonly string[], stopBefore: number) => {
    let sent = 0;
    await run(store, { select: select.filter((name) => name !== announcement), vars });
    const client = {
      query: async (sql: string) => {
        if (/^(begin|commit|rollback)$/.test(sql)) return { rows: [], rowCount: 0 };
        // A temporary table would be dropped at the end of its statement.
        const statement = sql.replace(/ on commit drop/, '');
        if (!/^\s*select/.test(statement)) {
          if (sent === stopBefore) throw new Error('the process was killed');
          sent += 1;
        }
        return store.query(statement);
      },
    };
    await runDbtProject(project, client, runOptions({ select: [announcement], vars }));
  };

  test('a run that stops between any two statements of a warehouse without transactions can be repeated', async () => {
    // With a step of three, each place is one at which one of the three stops.
    const step = proofs(3, 5, 1);
    for (const [index, repeated] of (['the whole run', 'the last model', 'as another build'] as const).entries()) {
      let stopBefore = index % step;
      for (let isDone = false; !isDone; stopBefore += step) {
        await reset(store);
        await addRaw(store, messyWorld);
        await run(store);
        const before = await contentOf(1);
        await addStrategy(9_001);
        const result = await runWithoutTransactions([...others, announcement], stopBefore).catch((error) => error);
        await store.query('discard temp');
        const rows = await builds();
        // The row comes after all names: a build with a row has its tables.
        for (const [, tables] of rows) await contentOf(Number(tables));
        expect(await contentOf(1)).toEqual(before);
        isDone = result === undefined;
        if (!isDone) {
          expect(String(result)).toContain('the process was killed');
          const select = repeated === 'the last model' ? [announcement] : undefined;
          if (rows.length === 1) await run(store, { select, vars: repeated === 'as another build' ? {} : vars });
        }
        expect(await contentOf(1)).toEqual(before);
        expect(await contentOf(2)).toEqual(await contentOf(null));
        expect(await contentOf(2)).not.toEqual(before);
        expect(await relations()).toEqual(expected('v', [1, 2]));
        expect((await builds()).at(-1)).toEqual([2, 2]);
      }
      // Five times a rename and a view, then the row.
      expect(stopBefore).toBeGreaterThan(10);
    }
  });
});

test('a table that is still read is not dropped, does not stop the build, and is dropped by the next one', async () => {
  const server = sharedPostgres();
  onTestFinished(() => server.stop());
  const connection = await server.createDatabase('dbt');
  const store = await connectStore(connection);
  const reader = new pg.Client(connection);
  await reader.connect();
  // In the reverse order: the database is dropped when nothing uses it.
  onTestFinished(async () => {
    await reader.end();
    await store.close();
  });
  await addRaw(store, messyWorld);
  const build = () => run(store, { vars: { kept_builds: 2 } });
  const remaining = async () => {
    const { rows } = await store.query(
      "select relname::text as name from pg_class where relname ~ '^(strategies|iteration_clicks_daily)__1$' order by 1",
    );
    return rows.map(({ name }) => name);
  };
  await build();
  await reader.query('begin; select from attribution.strategies__1');
  await build();
  await build();
  expect(await remaining()).toEqual(['strategies__1']);
  expect(
    (await reader.query('select count(*)::int as read from attribution.strategies__1')).rows[0].read,
  ).toBeGreaterThan(0);
  await reader.query('commit');
  await build();
  expect(await remaining()).toEqual([]);
});
