import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadDbtProject } from '../../src/embedded/dbt/index.ts';
import { DbtProjectCopy, project, refusal } from '../support/dbt.ts';

let copy: DbtProjectCopy;
beforeEach(() => {
  copy = new DbtProjectCopy();
});
afterEach(() => copy.remove());

test('sorts models by their refs, with attribution_builds last among models that others read', () => {
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

test("every model and column has a description, and a model's description starts with its grain", () => {
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

test('quotes the column of a generic test only if its property says so, as dbt does', () => {
  const source = (quote: string) =>
    `sources: [{name: s, tables: [{name: t, columns: [{name: day, ${quote}data_tests: [not_null, unique]}]}]}]`;
  const templates = (quote: string) => {
    copy.write('models/x.yml', source(quote));
    return copy
      .load()
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
    /ref\('nowhere'\): the model does not exist/,
  ],
  [
    'a source that is not there',
    'models/x.sql',
    "select * from {{ source('a', 'b') }}",
    /source\('a', 'b'\): the source does not exist/,
  ],
  ['a name that is not there', 'models/x.sql', 'select {{ adapter.nothing() }}', /adapter/],
  ['a variable without value', 'models/x.sql', "select {{ var('unheard_of') }}", /var\('unheard_of'\)/],
  ['a cycle', 'models/x.sql', "select * from {{ ref('x') }}", /in a cycle: x -> x/],
  [
    'a test',
    'models/x.yml',
    'models: [{name: x, columns: [{name: a, data_tests: [accepted]}]}]',
    /does not support the test accepted$/,
  ],
  ['a property', 'models/x.yml', 'metrics: []', /the key metrics/],
  ['a description of nothing', 'models/x.yml', 'models: [{name: x}]', /the model does not exist/],
  ['a project setting', 'dbt_project.yml', 'name: attribution\nseeds: {}', /the key seeds/],
  ['a config of a test', 'tests/x.sql', '{{ config(limit=5) }} select 1', /test config limit/],
])('rejects %s, naming the file', (_what, file, text, message) => {
  copy.write(file, text);
  const error = refusal(() => copy.load());
  expect(error.message).toMatch(message);
  expect(error.file).toBe(file);
});

test('reports a missing project', () => {
  expect(refusal(() => loadDbtProject(join(copy.folder, 'tests'))).message).toMatch(/the dbt project does not exist/);
});
