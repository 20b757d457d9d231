import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkStatement } from '../../scripts/redshift-lint/check.ts';
import { textOf } from '../../scripts/redshift-lint/rule.ts';
import { rules } from '../../scripts/redshift-lint/rules/index.ts';

const refusedBy = (sql: string): Set<string> => new Set(checkStatement(sql).map(({ rule }) => rule));

/** Queries that a rule refuses and that are valid inside other queries. */
const refusedQueries = rules.flatMap(({ name, refused }) =>
  refused
    .map(textOf)
    .filter((sql) => sql.length < 1000 && sql.startsWith('select') && name !== 'unreadable' && name !== 'leader-only')
    .map((sql) => ({ name, sql })),
);

test.each([
  ['a subquery in FROM', (sql: string) => `select 1 as one from (${sql}) as inner_query`],
  ['a CTE', (sql: string) => `with inner_query as (${sql}) select 1 as one from inner_query`],
  ['a subquery in WHERE', (sql: string) => `select 1 as one from outer_table where exists (${sql})`],
  ['one side of a UNION', (sql: string) => `select 1 as one from outer_table union all (select 1 from (${sql}) as q)`],
  ['the query of CREATE TABLE AS', (sql: string) => `create table t as (${sql})`],
])('a refused query is also refused as %s', (_, inside) => {
  expect(refusedQueries.length).toBeGreaterThan(100);
  for (const { name, sql } of refusedQueries) expect(refusedBy(inside(sql)), inside(sql)).toContain(name);
});

test('case of keywords, white space and comments make no difference', () => {
  // libpg-query fails on a comment after words that PostgreSQL combines with the next one, such as NOT IN.
  const spaceable = refusedQueries.filter(({ sql }) => !/['"]|\b(not|nulls|with|without|format)\b/.test(sql));
  fc.assert(
    fc.property(
      fc.constantFrom(...spaceable),
      fc.array(fc.constantFrom(' ', '\n', '\t', ' /* now() */ ', ' -- any($1)\n'), { minLength: 1, maxLength: 9 }),
      fc.boolean(),
      ({ name, sql }, blanks, isUpper) => {
        let at = 0;
        const spaced = sql.replaceAll(/\s+/g, () => blanks[at++ % blanks.length] ?? ' ');
        expect([...refusedBy(isUpper ? spaced.toUpperCase() : spaced)]).toEqual([name]);
      },
    ),
  );
});

test('string literals, comments and quoted names are not checked as code', () => {
  const word = fc.constantFrom(
    'now()',
    'distinct on (a)',
    'for update',
    'filter (where a)',
    'tag',
    'array[1]',
    ' ',
    'é',
    '"',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string({ unit: 'grapheme' })), { maxLength: 8 }), (words) => {
      const text = words.join('').replaceAll('\0', '');
      const comment = text.replaceAll(/\*\/|\/\*|\*|\//g, '');
      const name = text.toLowerCase().replaceAll('"', '""').slice(0, 20);
      // A name must not be empty, nor end in the middle of a doubled quote.
      const quoted = `"a${name.replace(/"+$/, '')}"`;
      const sql = `select '${text.replaceAll("'", "''")}' as ${quoted} /* ${comment} */ from x`;
      // Upper and lower case are not one to one in Unicode; the rule on names has separate examples.
      expect([...refusedBy(sql)].filter((rule) => rule !== 'upper-case-name')).toEqual([]);
    }),
  );
});
