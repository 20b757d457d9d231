import { expect, test } from 'vitest';
import { type Changeset, parseFormattedSql } from '../../scripts/liquibase/formatted-sql.ts';

const header = '--liquibase formatted sql\n';
const parse = (text: string): Changeset[] => parseFormattedSql('changes/some.sql', header + text);

test('a changeset has its SQL, its rollback and its attributes', () => {
  const changesets = parse(`
-- A comment on all changesets below.

--changeset someone:first context:local,redshift runInTransaction:false runOnChange:true splitStatements:false
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:"it is there" select 'it is there'
create table a (
  -- a comment on a column
  b bigint -- the comment at the end of a line stays, as SQL's own
);
--rollback drop table a;
--rollback select 1;

-- A comment between changesets.

--changeset someone:second context:local runAlways:true
select 2;
--rollback empty
`);
  expect(changesets).toEqual([
    {
      id: 'first',
      author: 'someone',
      file: 'changes/some.sql',
      contexts: ['local', 'redshift'],
      preconditions: [{ expected: 'it is there', query: `select 'it is there'` }],
      runInTransaction: false,
      runOnChange: true,
      runAlways: false,
      sql: `create table a (\n  b bigint -- the comment at the end of a line stays, as SQL's own\n);`,
      rollback: 'drop table a;\nselect 1;',
    },
    {
      id: 'second',
      author: 'someone',
      file: 'changes/some.sql',
      contexts: ['local'],
      preconditions: [],
      runInTransaction: true,
      runOnChange: false,
      runAlways: true,
      sql: 'select 2;',
      rollback: '',
    },
  ]);
});

const whole = '--changeset a:b context:local\nselect 1;\n--rollback empty\n';

test.each([
  ['no header', 'select 1;', /line 1 must be/, ''],
  ['SQL before the first changeset', `select 1;\n${whole}`, /line 2 is before the first changeset/],
  ['no context', whole.replace(' context:local', ''), /line 2 has no context/],
  ['no SQL', whole.replace('select 1;', ''), /line 2 has no SQL/],
  ['no rollback', whole.replace('--rollback empty', ''), /line 2 has no rollback/],
  ['no author', whole.replace('a:b', 'b'), /line 2 must contain author and id/],
  ['an unknown attribute', whole.replace('local', 'local dbms:redshift'), /unknown attribute "dbms:redshift"/],
  [
    'a misspelt directive',
    whole.replace('--rollback', '--rolback'),
    /line 4 is neither a comment nor a known directive: --rolback empty/,
  ],
  ['a comment that Liquibase takes for a changeset', `${whole}-- changeset a:c`, /line 5 is neither a comment/],
  [
    'a comment that Liquibase takes for a rollback',
    whole.replace('--r', '-- Rollback is easy\n--r'),
    /line 4 is neither a comment/,
  ],
  [
    'a precondition without expected result',
    `${whole}--precondition-sql-check select 1`,
    /line 5 must be: expectedResult/,
  ],
])('%s is refused with its line number', (_name, text, message, start = header) => {
  expect(() => parseFormattedSql('some.sql', start + text)).toThrow(message);
});
