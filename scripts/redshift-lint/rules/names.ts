import type { Rule } from '../rule.ts';
import { type Node, type Statement, stringsOf } from '../statement.ts';

/** Guide, r_pg_keywords. Includes the words that PostgreSQL reserves too: both require quotes. */
const reservedWords: ReadonlySet<string> = new Set(
  `aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary
   blanksasnull both bytedict bzip2 case cast check collate column constraint create credentials cross current_date
   current_time current_timestamp current_user current_user_id default deferrable deflate defrag delta delta32k desc
   disable distinct do else emptyasnull enable encode encrypt encryption end except explicit false for foreign freeze
   from full globaldict256 globaldict64k grant group gzip having identity ignore ilike in initially inner intersect
   interval into is isnull join language leading left like limit localtime localtimestamp lun luns lzo lzop minus
   mostly13 mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open or order outer
   overlaps parallel partition percent permissions placing primary raw readratio recover references rejectlog resort
   respect restore right select session_user similar snapshot some sysdate system table tag tdes text255 text32k then
   timestamp to top trailing true truncatecolumns union unique user using verbose wallet when where with without`
    .trim()
    .split(/\s+/),
);

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
