import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RunOptions, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { addRaw, DbtProjectCopy, openPglite, project, reset, run, runOptions, type Store } from '../support/dbt.ts';
import { messyWorld } from '../support/dbt-cases.ts';

let copy: DbtProjectCopy;
let store: Store;
beforeAll(async () => {
  store = await openPglite();
});
afterAll(() => store.close());
beforeEach(() => {
  copy = new DbtProjectCopy();
  return reset(store);
});
afterEach(() => copy.remove());

const count = async (relation: string) =>
  Number((await store.query(`select count(*) as n from ${relation}`)).rows[0]?.n);
const runCopy = (options: Partial<RunOptions> = {}) => runDbtProject(copy.load(), store, runOptions(options));
const leftovers = async () =>
  (await store.query(`select relname from pg_class where relname like '%dbt\\_tmp%'`)).rows.map(
    ({ relname }) => relname,
  );

test('reports each model as it is built', async () => {
  await addRaw(store, messyWorld);
  const heard: string[] = [];
  const result = await run(store, { onModel: ({ name, index, total }) => heard.push(`${index}/${total} ${name}`) });
  expect(heard).toEqual(project.models.map(({ name }, index) => `${index + 1}/${project.models.length} ${name}`));
  expect(result.models.map(({ name }) => name)).toEqual(project.models.map(({ name }) => name));
  expect(await leftovers()).toEqual([]);
});

test('rebuilds views and tables, and numbers builds across full refreshes', async () => {
  await addRaw(store, messyWorld);
  await run(store, { invocationId: 'first' });
  await run(store, { invocationId: 'second' });
  await run(store, { invocationId: 'third', fullRefresh: true });
  const { rows } = await store.query(
    'select build_id, build_number::int as number, conversions::int as conversions from attribution.attribution_builds order by 2',
  );
  const conversions = await count('attribution.goal_complete_events');
  expect(rows).toEqual([
    { build_id: 'first', number: 1, conversions },
    { build_id: 'second', number: 2, conversions },
    { build_id: 'third', number: 3, conversions },
  ]);
});

test('as_of defaults to the start of the run', async () => {
  await run(store, { startedAt: '2026-03-04T05:06:07.000008Z' });
  await run(store, { startedAt: '2026-03-04T05:06:07.000008Z', asOf: '2026-01-01T00:00:00Z' });
  const { rows } = await store.query(
    `select to_char(as_of at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as as_of from attribution.attribution_builds order by build_number`,
  );
  expect(rows.map((row) => row.as_of)).toEqual(['2026-03-04 05:06:07.000008', '2026-01-01 00:00:00.000000']);
});

// A table without a contract, so that any select is valid.
const campaigns = 'models/staging/adgem/stg_adgem__campaigns.sql';
const select = ['stg_adgem__campaigns'];

test('a failure names the file and keeps the old table', async () => {
  await addRaw(store, messyWorld);
  await run(store);
  const before = await count('attribution.stg_adgem__campaigns');
  copy.write(campaigns, "{{ config(materialized='table') }}\nselect 1 / (select 0) as campaign_id");
  await expect(runCopy({ select })).rejects.toThrow(
    /^models\/staging\/adgem\/stg_adgem__campaigns\.sql: division by zero/,
  );
  expect(await count('attribution.stg_adgem__campaigns')).toBe(before);
  expect(await leftovers()).toEqual([]);
});

test('a failing hook rolls back its model', async () => {
  copy.write(campaigns, "{{ config(materialized='table', post_hook='select 1 / 0') }}\nselect 1 as campaign_id");
  await expect(runCopy({ select })).rejects.toThrow(/division by zero/);
  await expect(count('attribution.stg_adgem__campaigns')).rejects.toThrow(/does not exist/);
});

test('hooks of the project and of a model run in the order of dbt', async () => {
  await store.query('create table attribution_hooks (id serial, hook varchar)');
  const note = (hook: string) => `insert into attribution_hooks (hook) values ('${hook}')`;
  const file = 'dbt_project.yml';
  copy.edit(file, '"{{ take_lease() }}"', `"${note('start')}"`);
  copy.edit(file, '"{{ end_lease(results) }}"', `"${note('end')}"`);
  copy.edit(file, '"{{ keep_lease() }}"', `"${note('before {{ this }}')}"`);
  copy.edit(file, '"{{ confirm_lease() }}"', `"${note('after')}"`);
  copy.write(
    campaigns,
    `{{ config(pre_hook="${note('own before')}", post_hook="${note('own after')}") }} select {{ build_number() }} as campaign_id`,
  );
  await runCopy({ select });
  const { rows } = await store.query('select hook from attribution_hooks order by id');
  await store.query('drop table attribution_hooks');
  expect(rows.map(({ hook }) => hook)).toEqual([
    ...['start', 'before "attribution"."stg_adgem__campaigns"', 'own before', 'after', 'own after', 'end'],
  ]);
  expect((await store.query('select campaign_id from attribution.stg_adgem__campaigns')).rows).toEqual([
    { campaign_id: 1 },
  ]);
});

test('changed columns of an incremental model require a full refresh', async () => {
  await run(store);
  const model = `{{ config(materialized='incremental', unique_key='event_id', on_schema_change='fail') }}
    select 'a' as event_id, 1 as more`;
  copy.write('models/marts/goal_complete_events.sql', model);
  await expect(runCopy({ select: ['goal_complete_events'] })).rejects.toThrow(/columns changed .*more/);
  await runCopy({ select: ['goal_complete_events'], fullRefresh: true });
  expect(await count('attribution.goal_complete_events')).toBe(1);
});

const builds = 'models/marts/attribution_builds.sql';
const properties = 'models/marts/_marts__models.yml';
const attributed =
  '        data_type: bigint\n        constraints: [{type: not_null}]\n        description: Number of conversions with status ATTRIBUTED.\n';

test('a new column is added to the builds, whose rows are kept', async () => {
  await run(store);
  copy.edit(builds, '    gold.conversions,\n', '    gold.conversions,\n    cast(7 as bigint) as more,\n');
  copy.edit(properties, attributed, `${attributed}      - name: more\n        data_type: bigint\n`);
  await runCopy({});
  const { rows } = await store.query(
    'select build_number::int as number, as_of is not null as dated, more::int from attribution.attribution_builds order by 1',
  );
  expect(rows).toEqual([
    { number: 1, dated: true, more: null },
    { number: 2, dated: true, more: 7 },
  ]);
});

test.each<[string, string, string, string, string, string]>([
  ['is gone', 'attributed', '    gold.attributed,\n', '', `      - name: attributed\n${attributed}`, ''],
  [
    'has another type',
    'build_number',
    'as bigint) as build_number',
    'as int) as build_number',
    '      - name: build_number\n        data_type: bigint',
    '      - name: build_number\n        data_type: int',
  ],
])(
  'a column of a kept model that %s is an error with the remedy, even in a full refresh',
  async (_what, column, find, replacement, declared, declaration) => {
    await run(store);
    copy.edit(builds, find, replacement);
    copy.edit(properties, declared, declaration);
    for (const fullRefresh of [false, true]) {
      await expect(runCopy({ fullRefresh })).rejects.toThrow(
        new RegExp(
          `^${builds}: its columns changed \\(${column}\\); a full refresh keeps this model's rows, so alter "attribution"."attribution_builds" by hand`,
        ),
      );
    }
    expect(await count('attribution.attribution_builds')).toBe(1);
  },
);

test('a model can change from view to table and back', async () => {
  await run(store);
  copy.write(campaigns, "{{ config(materialized='view') }}\nselect 1 as campaign_id");
  await runCopy({ select });
  await runCopy({ select });
  await run(store, { select });
  const { rows } =
    await store.query(`select relkind::text from pg_class where relname = 'stg_adgem__campaigns' and relkind in ('v', 'r')
      and relnamespace = 'attribution'::regnamespace`);
  expect(rows).toEqual([{ relkind: 'r' }]);
});

test('rejects the selection of a missing model', async () => {
  await expect(run(store, { select: ['nothing'] })).rejects.toThrow(/cannot select nothing/);
});
