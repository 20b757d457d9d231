import { expect, test } from 'vitest';
import { checkStatement, type Finding } from '../../scripts/redshift-lint/check.ts';
import { renderProjectOf, renderTemplate, renderTest } from '../../src/embedded/dbt/index.ts';
import { project, runOptions } from '../support/dbt.ts';

/** As Redshift gets it: its windows are not searched in arrays. */
const macros = { searches_windows: 'false' };

const statements: [name: string, sql: string][] = [
  ...project.models.flatMap(({ name, file, template }) =>
    [false, true].map((isIncremental): [string, string] => {
      const context = { ...runOptions(), schema: 'attribution', thisName: name, isIncremental, macros };
      return [
        `${name}${isIncremental ? ', incremental' : ''}`,
        renderTemplate(renderProjectOf(project), file, template, context).sql,
      ];
    }),
  ),
  ...project.tests.map((each): [string, string] => [each.name, renderTest(project, each, runOptions())]),
];

/** The only SQL that macros write for PostgreSQL alone. `npm run check:dbt` checks what they write for Redshift. */
const forPostgres = [
  "date_bin('15 minutes', ",
  "date_bin('1 day', ",
  "date_part('epoch', ",
  'hashbpchar(',
  'mod(coalesce(',
];
const isForPostgres = ({ rule, at }: Finding) =>
  (rule === 'clock' && at.startsWith('clock_timestamp()')) ||
  (rule === 'unknown-function' && forPostgres.some((start) => at.startsWith(start)));

test.each(statements)('%s uses only SQL that both Redshift and PostgreSQL accept', (_name, sql) => {
  expect(checkStatement(sql).filter((finding) => !isForPostgres(finding))).toEqual([]);
});
