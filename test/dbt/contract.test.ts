import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runDbtProject } from '../../src/embedded/dbt/index.ts';
import { addRaw, DbtProjectCopy, reset, run, runOptions, type Store, stores } from '../support/dbt.ts';

const model = 'models/marts/strategies.sql';
const builds = 'models/marts/attribution_builds.sql';

describe.each(stores)('contracts on %s', (_name, open) => {
  let store: Store;
  let copy: DbtProjectCopy;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());
  beforeEach(() => {
    copy = new DbtProjectCopy();
    return reset(store);
  });
  afterEach(() => copy.remove());

  const runCopy = (name: string) => runDbtProject(copy.load(), store, runOptions({ select: [name] }));
  const one = async (sql: string) => (await store.query(sql)).rows[0];

  test.each<[string, string, string, string]>([
    [
      'another type',
      'strategy_id,\n',
      'cast(strategy_id as int) as strategy_id,\n',
      'strategy_id is integer but is declared bigint',
    ],
    [
      'a time without zone',
      'created_at\nfrom',
      "created_at at time zone 'UTC' as created_at\nfrom",
      'created_at is timestamp without time zone but is declared timestamp with time zone',
    ],
    ['a column too few', 'tune_offer_id,\n', '', 'the select has no column tune_offer_id'],
    ['a column too many', 'tune_offer_id,\n', 'tune_offer_id,\n 1 as more,\n', 'more is not declared'],
  ])(
    '%s is an error that names the file and column, and the old table is kept',
    async (_what, find, replacement, fault) => {
      await run(store);
      copy.edit(model, `select\n    strategy_id,`, 'select\nstrategy_id,');
      copy.edit(model, find, replacement);
      await expect(runCopy('strategies')).rejects.toThrow(
        `${model}: the model violates its contract in models/marts/_marts__models.yml: ${fault}`,
      );
      expect(await one('select count(*)::int as n from attribution.strategies')).toEqual({ n: 0 });
    },
  );

  test('the select may have another column order and other lengths; the table is as declared', async () => {
    await addRaw(store, { strategies: [{ id: 1, name: 'a', tune_offer_id: 7, created_at: '2026-01-01T00:00:00Z' }] });
    await run(store);
    copy.write(
      model,
      `{{ config(materialized='table') }}
       select created_at, tune_offer_id, 'b' as strategy_name, strategy_id from {{ ref('stg_adsuite__strategies') }}`,
    );
    await runCopy('strategies');
    const { rows } = await store.query(
      `select column_name::text as name, character_maximum_length as length from information_schema.columns
       where table_schema = 'attribution' and table_name = 'strategies' order by ordinal_position`,
    );
    expect(rows).toEqual([
      { name: 'strategy_id', length: null },
      { name: 'strategy_name', length: 1024 },
      { name: 'tune_offer_id', length: null },
      { name: 'created_at', length: null },
    ]);
    expect(await one('select strategy_name, tune_offer_id::int as offer from attribution.strategies')).toEqual({
      strategy_name: 'b',
      offer: 7,
    });
  });

  test("a text has the database's collation, not its source's", async () => {
    await run(store);
    copy.edit(model, '    strategy_name,', '    strategy_name collate "C" as strategy_name,');
    await runCopy('strategies');
    const { rows } = await store.query(
      `select distinct collname::text as name from pg_attribute join pg_collation on pg_collation.oid = attcollation
       where attrelid = 'attribution.strategies'::regclass and attnum > 0`,
    );
    expect(rows).toEqual([{ name: 'default' }]);
  });

  test('a null and a text that is too long fail, naming the column', async () => {
    await addRaw(store, { strategies: [{ id: 1, name: 'a', created_at: null }] });
    await expect(run(store)).rejects.toThrow(
      /^models\/marts\/strategies\.sql: column "created_at" of relation "strategies__dbt_tmp" contains null/,
    );
    copy.edit(model, '    strategy_name,', "    cast(repeat('x', 1025) as varchar) as strategy_name,");
    copy.edit(model, '    created_at\n', "    timestamptz '2026-01-01 00:00:00+00' as created_at\n");
    await expect(runCopy('strategies')).rejects.toThrow(/^models\/marts\/strategies\.sql: value too long for type/);
  });

  test('a kept table older than its contract accepts valid new rows and rejects invalid ones', async () => {
    await run(store);
    await store.query('create table attribution.old as select * from attribution.attribution_builds');
    await store.query('drop table attribution.attribution_builds');
    await store.query('alter table attribution.old rename to attribution_builds');
    await run(store);
    expect(await one('select count(*)::int as n from attribution.attribution_builds')).toEqual({ n: 2 });
    copy.edit(builds, '    {{ instant(as_of) }} as as_of,', '    cast(null as timestamptz) as as_of,');
    await expect(runDbtProject(copy.load(), store, runOptions())).rejects.toThrow(
      /^models\/marts\/attribution_builds\.sql: column "as_of" of relation "attribution_builds__dbt_tmp" contains null/,
    );
    expect(await one('select count(*)::int as n from attribution.attribution_builds')).toEqual({ n: 2 });
  });
});
