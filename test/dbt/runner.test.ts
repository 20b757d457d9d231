import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DbtProjectError, loadDbtProject, type RunOptions, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { messyWorld } from '../support/dbt-messy-world.ts';
import { openPglite, type Store } from '../support/dbt-stores.ts';
import { addRaw, project, projectFolder, reset, run, runOptions } from '../support/dbt-world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dbt-project-'));
  cpSync(projectFolder, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (file: string, text: string) => writeFileSync(join(folder, file), text);

function refusal(work: () => unknown): DbtProjectError {
  try {
    work();
  } catch (error) {
    if (error instanceof DbtProjectError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('loading', () => {
  test('orders models by what they read, the builds last of those that anything is built from', () => {
    const names = project.models.map(({ name }) => name);
    for (const model of project.models) {
      for (const ref of model.refs) expect(names.indexOf(ref)).toBeLessThan(names.indexOf(model.name));
    }
    const tables = project.models.filter(({ config }) => config.materialized !== 'view').map(({ name }) => name);
    expect(tables.at(-1)).toBe('attribution_builds');
    const reads = (name: string): string[] => {
      const model = project.models.find((each) => each.name === name);
      return [name, ...(model?.refs ?? []).flatMap(reads)];
    };
    expect(tables.filter((name) => !reads('attribution_builds').includes(name))).toEqual([]);
  });

  test('every model and column is described, and each description of a model begins with its grain', () => {
    for (const { name, description, columns } of project.models) {
      expect(description, name).toMatch(/^One row per /);
      expect(
        columns.filter((column) => column.description === ''),
        name,
      ).toEqual([]);
    }
    for (const { source, table, description, columns } of project.sources) {
      expect(description, `${source}.${table}`).toMatch(/^One row per /);
      expect(
        columns.filter((column) => column.description === ''),
        table,
      ).toEqual([]);
    }
  });

  test('quotes the column of a generic test only where its property says so, as dbt does', () => {
    const source = (quote: string) =>
      `sources: [{name: s, tables: [{name: t, columns: [{name: day, ${quote}data_tests: [not_null, unique]}]}]}]`;
    const templates = (quote: string) => {
      write('models/x.yml', source(quote));
      return loadDbtProject(folder)
        .tests.filter(({ file }) => file === 'models/x.yml')
        .map(({ name, template }) => [name, template.replaceAll(/\s+/g, ' ')]);
    };
    const expected = (column: string) => [
      ['not_null_source_s_t_day', `select ${column} from {{ source('s', 't') }} where ${column} is null`],
      [
        'unique_source_s_t_day',
        `select ${column} as unique_field, count(*) as n_records from {{ source('s', 't') }} where ${column} is not null group by ${column} having count(*) > 1`,
      ],
    ];
    expect(templates('')).toEqual(expected('day'));
    expect(templates('quote: false, ')).toEqual(expected('day'));
    expect(templates('quote: true, ')).toEqual(expected('"day"'));
    expect(refusal(() => templates('quote: maybe, ')).message).toMatch(/quote of day must be true or false/);
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a materialisation',
      'models/x.sql',
      "{{ config(materialized='ephemeral') }} select 1 as a",
      /materialized: "ephemeral"/,
    ],
    [
      'an incremental strategy',
      'models/x.sql',
      "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='a', on_schema_change='fail') }} select 1 as a",
      /incremental_strategy: "merge"/,
    ],
    [
      "columns that may change, dbt's default",
      'models/x.sql',
      "{{ config(materialized='incremental') }} select 1 as a",
      /on_schema_change/,
    ],
    ['a config key', 'models/x.sql', "{{ config(schema='other') }} select 1 as a", /config schema: "other"/],
    [
      'a model that is not there',
      'models/x.sql',
      "select * from {{ ref('nowhere') }}",
      /ref\('nowhere'\): there is no such model/,
    ],
    [
      'a source that is not there',
      'models/x.sql',
      "select * from {{ source('a', 'b') }}",
      /source\('a', 'b'\): there is no such source/,
    ],
    ['a name that is not there', 'models/x.sql', 'select {{ adapter.nothing() }}', /adapter/],
    ['a variable without value', 'models/x.sql', "select {{ var('unheard_of') }}", /var\('unheard_of'\)/],
    ['a circle', 'models/x.sql', "select * from {{ ref('x') }}", /in a circle: x -> x/],
    [
      'a test',
      'models/x.yml',
      'models: [{name: x, columns: [{name: a, data_tests: [accepted]}]}]',
      /does not know the test accepted$/,
    ],
    ['a property', 'models/x.yml', 'exposures: []', /the key exposures/],
    ['a description of nothing', 'models/x.yml', 'models: [{name: x}]', /there is no such model/],
    ['a project setting', 'dbt_project.yml', 'name: attribution\nseeds: {}', /the key seeds/],
    ['a config of a test', 'tests/x.sql', '{{ config(limit=5) }} select 1', /test config limit/],
  ])('refuses %s that it does not know, naming the file', (_what, file, text, message) => {
    write(file, text);
    const error = refusal(() => loadDbtProject(folder));
    expect(error.message).toMatch(message);
    expect(error.file).toBe(file);
  });

  test('says so where there is no project', () => {
    expect(refusal(() => loadDbtProject(join(folder, 'tests'))).message).toMatch(/there is no dbt project here/);
  });
});

describe('running', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openPglite();
  });
  afterAll(() => store.close());
  beforeEach(() => reset(store));

  const count = async (relation: string) =>
    Number((await store.query(`select count(*) as n from ${relation}`)).rows[0]?.n);
  const runCopy = (options: Partial<RunOptions> = {}) =>
    runDbtProject(loadDbtProject(folder), store, runOptions(options));
  const leftovers = async () =>
    (await store.query(`select relname from pg_class where relname like '%dbt\\_tmp%'`)).rows.map(
      ({ relname }) => relname,
    );

  test('tells each model as it is built', async () => {
    await addRaw(store, messyWorld);
    const heard: string[] = [];
    const result = await run(store, { onModel: ({ name, index, total }) => heard.push(`${index}/${total} ${name}`) });
    expect(heard).toEqual(project.models.map(({ name }, index) => `${index + 1}/${project.models.length} ${name}`));
    expect(result.models.map(({ name }) => name)).toEqual(project.models.map(({ name }) => name));
    expect(await leftovers()).toEqual([]);
  });

  test('builds views and tables again, and numbers the builds, also through a full refresh', async () => {
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

  test('as_of is the start of the run unless given', async () => {
    await run(store, { startedAt: '2026-03-04T05:06:07.000008Z' });
    await run(store, { startedAt: '2026-03-04T05:06:07.000008Z', asOf: '2026-01-01T00:00:00Z' });
    const { rows } = await store.query(
      `select to_char(as_of at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as as_of from attribution.attribution_builds order by build_number`,
    );
    expect(rows.map((row) => row.as_of)).toEqual(['2026-03-04 05:06:07.000008', '2026-01-01 00:00:00.000000']);
  });

  test('a failure names the file and leaves the old table standing', async () => {
    await addRaw(store, messyWorld);
    await run(store);
    const before = await count('attribution.strategies');
    write('models/marts/strategies.sql', "{{ config(materialized='table') }}\nselect 1 / (select 0) as strategy_id");
    await expect(runCopy({ select: ['strategies'] })).rejects.toThrow(
      /^models\/marts\/strategies\.sql: division by zero/,
    );
    expect(await count('attribution.strategies')).toBe(before);
    expect(await leftovers()).toEqual([]);
  });

  test('a failing hook takes the model with it', async () => {
    write(
      'models/marts/strategies.sql',
      "{{ config(materialized='table', post_hook='select 1 / 0') }}\nselect 1 as strategy_id",
    );
    await expect(runCopy({ select: ['strategies'] })).rejects.toThrow(/division by zero/);
    await expect(count('attribution.strategies')).rejects.toThrow(/does not exist/);
  });

  test('an incremental model whose columns changed needs a full refresh', async () => {
    await run(store);
    const model = `{{ config(materialized='incremental', unique_key='event_id', on_schema_change='fail') }}
      select 'a' as event_id, 1 as more`;
    write('models/marts/goal_complete_events.sql', model);
    await expect(runCopy({ select: ['goal_complete_events'] })).rejects.toThrow(/columns changed .*more/);
    await runCopy({ select: ['goal_complete_events'], fullRefresh: true });
    expect(await count('attribution.goal_complete_events')).toBe(1);
  });

  const builds = 'models/marts/attribution_builds.sql';
  const runChangedBuilds = (find: string, replacement: string, options: Partial<RunOptions> = {}) => {
    write(builds, readFileSync(join(projectFolder, builds), 'utf8').replace(find, replacement));
    return runCopy({ select: ['attribution_builds'], ...options });
  };

  test('a new column is added to the builds, which stay', async () => {
    await run(store);
    await runChangedBuilds('    gold.conversions,\n', '    gold.conversions,\n    cast(7 as bigint) as more,\n');
    const { rows } = await store.query(
      'select build_number::int as number, as_of is not null as dated, more::int from attribution.attribution_builds order by 1',
    );
    expect(rows).toEqual([
      { number: 1, dated: true, more: null },
      { number: 2, dated: true, more: 7 },
    ]);
  });

  test.each([
    ['is gone', '    gold.attributed,\n', '', 'attributed'],
    [
      'has another type',
      'cast(builds.builds + 1 as bigint) as build_number',
      'cast(builds.builds + 1 as int) as build_number',
      'build_number',
    ],
  ])(
    'says what helps where a column of a kept model %s, since a full refresh does not',
    async (_what, find, replacement, column) => {
      await run(store);
      for (const fullRefresh of [false, true]) {
        await expect(runChangedBuilds(find, replacement, { fullRefresh })).rejects.toThrow(
          new RegExp(
            `^${builds}: its columns changed \\(${column}\\); a full refresh keeps this model, so alter "attribution"."attribution_builds" by hand`,
          ),
        );
      }
      expect(await count('attribution.attribution_builds')).toBe(1);
    },
  );

  test('a model may change from view to table and back', async () => {
    await run(store);
    write('models/marts/strategies.sql', "{{ config(materialized='view') }}\nselect 1 as strategy_id");
    await runCopy({ select: ['strategies'] });
    await runCopy({ select: ['strategies'] });
    await run(store, { select: ['strategies'] });
    const { rows } =
      await store.query(`select relkind::text from pg_class where relname = 'strategies' and relkind in ('v', 'r')
      and relnamespace = 'attribution'::regnamespace`);
    expect(rows).toEqual([{ relkind: 'r' }]);
  });

  test('refuses to select what is not there', async () => {
    await expect(run(store, { select: ['nothing'] })).rejects.toThrow(/cannot select nothing/);
  });
});
