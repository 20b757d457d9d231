import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DbtProjectCopy, project, refusal } from '../support/dbt.ts';

let copy: DbtProjectCopy;
beforeEach(() => {
  copy = new DbtProjectCopy();
});
afterEach(() => copy.remove());

/** The loader's error for a small file next to the real ones. */
function refused(file: string, text: string): string {
  copy.write(file, text);
  const error = refusal(() => copy.load());
  expect(error.file).toBe(file);
  return error.message;
}

describe("Redshift's configs", () => {
  test('every table has a distribution and a sort key, and every staging view is late-binding', () => {
    for (const { name, config } of project.models) {
      if (config.materialized === 'view') expect(config.redshift.bind, name).toBe(false);
      else {
        expect(config.redshift.dist, name).not.toBeNull();
        expect(config.redshift.sort, name).not.toEqual([]);
      }
    }
  });

  test.each<[string, RegExp]>([
    ["dist='everywhere'", /dist must be all, even, auto or a described column, not "everywhere"/],
    ["dist=['a']", /dist must be .* not \["a"\]/],
    ["sort='b'", /sort must be a described column or a list of them, not "b"/],
    ["sort=['a', 'b']", /sort must be .* not \["a","b"\]/],
    ["sort_type='random'", /sort_type must be compound or interleaved, not "random"/],
    ["bind='no'", /bind must be true or false, not "no"/],
    ["diststyle='all'", /does not support the config diststyle/],
  ])('%s is refused', (config, message) => {
    copy.write('models/x.yml', 'models: [{name: x, columns: [{name: a}]}]');
    expect(refused('models/x.sql', `{{ config(${config}) }} select 1 as a`)).toMatch(message);
  });
});

describe('contracts', () => {
  const model = (columns: string, enforced = 'true') =>
    `models: [{name: x, config: {contract: {enforced: ${enforced}}}, columns: [${columns}]}]`;

  test.each<[string, string, RegExp]>([
    ['no type', model('{name: a}'), /data_type of x\.a must be text/],
    [
      'a number without digits',
      model('{name: a, data_type: numeric}'),
      /x\.a must have a length or precision: numeric/,
    ],
    ['a text without length', model('{name: a, data_type: varchar}'), /x\.a must have a length or precision: varchar/],
    ...['character varying(5)', 'char(5)', 'VARCHAR(5)', 'varchar (5)'].map((type): [string, string, RegExp] => [
      `${type}, which would shorten a text`,
      model(`{name: a, data_type: ${type}}`),
      /x\.a must be written varchar\(n\), not /,
    ]),
    [
      'a constraint that Redshift does not enforce',
      model('{name: a, data_type: bigint, constraints: [{type: unique}]}'),
      /the only constraint that Redshift enforces is not_null, not unique/,
    ],
    [
      'a constraint with an expression',
      model('{name: a, data_type: bigint, constraints: [{type: not_null, expression: x}]}'),
      /the key expression/,
    ],
    [
      'a type without an enforced contract',
      model('{name: a, data_type: bigint}', 'false'),
      /x\.a declares a type or constraint/,
    ],
    ['no yes or no', model('{name: a, data_type: bigint}', '1'), /enforced of the contract of x must be true or/],
    ['more than enforced', 'models: [{name: x, config: {contract: {alias_types: true}}}]', /the key alias_types/],
    ['another config', 'models: [{name: x, config: {materialized: table}}]', /the key materialized/],
  ])('%s is refused', (_what, text, message) => {
    copy.write('models/x.sql', "{{ config(materialized='table') }} select 1 as a");
    expect(refused('models/x.yml', text)).toMatch(message);
  });

  test('of a view is rejected', () => {
    copy.write('models/x.yml', model('{name: a, data_type: bigint}'));
    expect(refused('models/x.sql', 'select 1 as a')).toMatch(/contracts on tables only/);
  });
});

describe('freshness', () => {
  const table = (...parts: string[]) => `sources: [{name: s, tables: [{name: t, config: {${parts.join(', ')}}}]}]`;
  const field = 'loaded_at_field: at';
  const freshness = (warn: string, error: string) => `freshness: {warn_after: ${warn}, error_after: ${error}}`;
  const day = '{count: 1, period: day}';

  test.each<[string, string, RegExp]>([
    ['no column', table(freshness('{count: 1, period: hour}', day)), /loaded_at_field of t must be text/],
    ['no limit', table(field), /the freshness of t must be a mapping/],
    ['one limit', table(field, `freshness: {warn_after: ${day}}`), /error_after of t must be a mapping/],
    ['an unknown unit', table(field, freshness('{count: 1, period: week}', day)), /must be minute, hour or day/],
    ['a fraction', table(field, freshness('{count: 1.5, period: hour}', day)), /warn_after of t must be an integer/],
    [
      'an unknown var',
      table(field, freshness(`{count: "{{ var('nothing') | as_number }}", period: hour}`, day)),
      /the count of warn_after of t must be an integer, or a var with an integer value/,
    ],
    ['a warning after the error', table(field, freshness(day, '{count: 24, period: hour}')), /must be less than/],
    ['an unknown key', table(field, `freshness: {warn_after: ${day}, error_after: ${day}, unit: x}`), /the key unit/],
    ['a query', table('loaded_at_query: select 1'), /the key loaded_at_query/],
  ])('with %s is refused', (_what, text, message) => {
    expect(refused('models/x.yml', text)).toMatch(message);
  });
});

describe('exposures', () => {
  const exposure = (parts: Readonly<Record<string, string>>) => {
    const all = {
      type: 'application',
      maturity: 'low',
      owner: '{name: o}',
      description: d,
      depends_on: '[]',
      ...parts,
    };
    const text = Object.entries(all).map(([key, value]) => `${key}: ${value}`);
    return `exposures: [{name: x, ${text.join(', ')}}]`;
  };
  const d = 'A description.';

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['a model that is not there', { depends_on: `["ref('gone')"]` }, /x depends on gone, which is not a model/],
    ['a source', { depends_on: `["source('a', 'b')"]` }, /must depend on ref\('model'\), not on source/],
    ['an owner without a name', { owner: '{}' }, /the owner of x needs a name or an email/],
    ['an unknown type', { type: 'api' }, /the type of x must be one of dashboard, .* not api/],
    ['an unknown maturity', { maturity: 'planned' }, /the maturity of x must be one of high, medium, low, not planned/],
    ['an unknown key', { tags: '[a]' }, /the key tags/],
  ])('with %s is refused', (_what, parts, message) => {
    expect(refused('models/x.yml', exposure(parts))).toMatch(message);
  });
});
