import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runDbtProject } from '../../src/embedded/dbt/index.ts';
import { addRaw, DbtProjectCopy, project, reset, run, runOptions, type Store, stores } from '../support/dbt.ts';
import { messyWorld } from '../support/dbt-cases.ts';
import { proofs } from '../support/proofs.ts';

const published = [
  'strategies',
  'iterations_with_end_time',
  'goal_complete_events_attributed',
  'iteration_metrics_daily',
  'iteration_clicks_daily',
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

  test('a row that is written again for the same tables has their number', async () => {
    await run(store);
    for (const build of [2, 3, 4]) {
      await run(store, { select: [announcement], vars: { kept_builds: 2 } });
      expect(await relations()).toEqual(expected('v', [1]));
      expect((await builds()).at(-1)).toEqual([build, 1]);
    }
    await run(store, { vars: { kept_builds: 2 } });
    expect(await relations()).toEqual(expected('v', [1, 5]));
    expect((await builds()).at(-1)).toEqual([5, 5]);
  });

  test('a build of some of the tables is not published', async () => {
    await run(store);
    await run(store, { select: ['iteration_metrics_daily', announcement] });
    expect(await relations()).toEqual({ ...expected('v', [1]), iteration_metrics_daily: 'r' });
    expect((await builds()).at(-1)).toEqual([2, null]);
    await run(store);
    expect(await relations()).toEqual(expected('v', [1, 3]));
    expect((await builds()).at(-1)).toEqual([3, 3]);
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

  test.each([1, 'two', 0])('kept_builds must be a number of at least 2, not %s', async (kept) => {
    await expect(run(store, { vars: { kept_builds: kept } })).rejects.toThrow(
      /kept_builds must be a number, at least 2/,
    );
    expect(await relations()).toEqual(expected('r', []));
  });

  /** Runs models on a warehouse without transactions, and stops before the statement with this number of the last model. */
  const runWithoutTransactions = async (select: readonly string[], stopBefore: number) => {
    let sent = 0;
    await run(store, { select: select.filter((name) => name !== announcement) });
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
    await runDbtProject(project, client, runOptions({ select: [announcement] }));
  };

  test('a run that stops between any two statements of a warehouse without transactions can be repeated', async () => {
    for (const repeated of ['the whole run', 'the last model'] as const) {
      let stopBefore = 0;
      for (let isDone = false; !isDone; stopBefore += proofs(1, 4)) {
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
          if (rows.length === 1)
            await run(store, { select: repeated === 'the whole run' ? undefined : [announcement] });
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
