import { reservedWords } from '../reserved-words.ts';
import type { Rule } from '../rule.ts';
import { type Node, type Statement, stringsOf } from '../statement.ts';

export const nameRules: readonly Rule[] = [
  {
    name: 'upper-case-name',
    construct: '"camelCase"',
    why: 'Redshift folds even quoted names to lower case. Write "snake_case".',
    source: 'guide, r_names (enable_case_sensitive_identifier is off by default); knex#759',
    find: ({ tokens }) => tokens.filter(({ text }) => /^(u&)?".*[A-Z]/i.test(text) && text !== text.toLowerCase()),
    refused: ['select a as "createdAt" from x', 'select x."strategyId" from x', 'select a from "X"'],
    accepted: ['select a as "created_at" from x', 'SELECT A AS createdAt FROM X', `select 'Ab' as a from x`],
  },
  {
    name: 'reserved-word',
    construct: 'tag, open, old, new, raw, percent, snapshot … as a name',
    why: 'Redshift reserves the word, PostgreSQL does not. Quote it: "tag".',
    source: 'guide, r_pg_keywords; liquibase-redshift#6 (TAG)',
    find: (statement) => {
      const unquoted = reservedNames(statement);
      return statement.tokens.filter(({ text }) => unquoted.has(text.toLowerCase()));
    },
    refused: [
      'select tag from x',
      'select x.open from x',
      'select a as percent from x',
      'select snapshot.a from x as snapshot',
    ],
    accepted: [
      'select "tag", x."open", a as "percent" from x',
      `select "timestamp", timestamp '2026-01-01 00:00:00' as a from x`,
      'select row_number() over (partition by a order by b) from x offset 3',
      'select sysdate',
    ],
  },
];

/** Reserved words that a statement uses as names at least once without quotes. */
function reservedNames({ nodes, tokens }: Statement): Set<string> {
  const uses = Map.groupBy(nodes.flatMap(namesOf), (name) => name);
  const quoted = (name: string) => tokens.filter(({ text }) => text === `"${name}"`).length;
  return new Set(
    [...uses].flatMap(([name, all]) => (reservedWords.has(name) && all.length > quoted(name) ? name : [])),
  );
}

function namesOf({ kind, fields }: Node): string[] {
  if (kind === 'ColumnRef') {
    const names = stringsOf(fields.fields);
    // A function without parentheses.
    return names.length === 1 && names[0] === 'sysdate' ? [] : names;
  }
  const names = [fields.relname, fields.schemaname, fields.aliasname, fields.colname, fields.ctename];
  // In a SET or a savepoint, `name` is something else.
  if (kind === 'ResTarget') names.push(fields.name);
  return names.filter((name) => typeof name === 'string');
}
