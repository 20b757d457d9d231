import { expect, test } from 'vitest';
import { renderProjectOf, renderTemplate, renderTest } from '../../src/embedded/dbt/index.ts';
import { project, runOptions } from '../support/dbt-world.ts';

/** What PostgreSQL takes and Redshift refuses, or takes to mean something else. */
const forbidden: readonly RegExp[] = [
  /\bfilter\s*\(/i,
  /\bdistinct\s+on\b/i,
  /\blateral\b/i,
  /\bon\s+conflict\b/i,
  /\breturning\b/i,
  /\bdistinct\s+from\b/i,
  /\barray(_agg)?\s*[[(]/i,
  /\bany\s*\(/i,
  /\bstring_agg\b/i,
  /\bjson/i,
  /\bfrom\s*\(\s*values\b/i,
  /\bgenerate_series\b/i,
  /\bnow\s*\(|\bcurrent_timestamp\b|\blocaltimestamp\b/i,
  /\bdate_trunc\b/i,
  /\bavg\s*\((?!\s*cast)/i,
  /\bfor\s+update\b/i,
  /\b(is|=)\s+any\b/i,
  // Row comparison: PostgreSQL 8.0, which Redshift stems from, got it wrong.
  /(?<!\w)\([\w.]+,[\w., ]+\)\s*(=|<|>|in\b)/i,
  // An aggregate over an ordered window needs its frame written out there.
  /\b(sum|count|min|max|avg)\s*\([^()]*\)\s*over\s*\([^()]*order by(?![^()]*rows)/i,
  // Redshift folds even quoted identifiers to lower case.
  /"[^"]*[A-Z][^"]*"/,
];

function code(sql: string): string {
  return sql.replaceAll(/--[^\n]*/g, '').replaceAll(/'(?:[^']|'')*'/g, "''");
}

const statements: [name: string, sql: string][] = [
  ...project.models.flatMap(({ name, file, template }) =>
    [false, true].map((isIncremental): [string, string] => {
      const context = { ...runOptions(), schema: 'attribution', thisName: name, isIncremental };
      return [
        `${name}${isIncremental ? ', incremental' : ''}`,
        renderTemplate(renderProjectOf(project), file, template, context).sql,
      ];
    }),
  ),
  ...project.tests.map((each): [string, string] => [each.name, renderTest(project, each, runOptions())]),
];

test.each(statements)('%s keeps to what Redshift and PostgreSQL both take', (_name, sql) => {
  for (const pattern of forbidden) expect(code(sql)).not.toMatch(pattern);
});

test('the patterns find what they are for', () => {
  const bad = [
    'select count(*) filter (where a) from b',
    'select distinct on (a) a from b',
    'select * from a where a is not distinct from b',
    'select now()',
    'select a from b where (a, b) > (1, 2)',
    'select sum(a) over (partition by b order by c) from d',
    'select "Camel" from a',
    'select avg(a) from b',
  ];
  for (const sql of bad)
    expect(
      forbidden.some((pattern) => pattern.test(code(sql))),
      sql,
    ).toBe(true);
  const good =
    'select sum(a) over (order by c rows unbounded preceding), avg(cast(a as numeric)), coalesce(a, b) = 1 from d';
  expect(forbidden.filter((pattern) => pattern.test(code(good)))).toEqual([]);
});
