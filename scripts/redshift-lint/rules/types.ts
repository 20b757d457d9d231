import { nodes, type Rule } from '../rule.ts';
import { type Fields, type Node, stringsOf } from '../statement.ts';

const source = 'guide, c_unsupported-postgresql-datatypes';

/** Guide, c_Supported_data_types, by the names that PostgreSQL's grammar gives them. */
const known = new Set([
  ...['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'bool', 'bpchar', 'varchar', 'text'],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'],
  ...['super', 'varbyte', 'geometry', 'geography', 'hllsketch'],
]);

const typeName = (fields: Fields): string => stringsOf(fields.names).at(-1) ?? '';

/** Finds types by name, in casts and in column definitions. */
function types(names: readonly string[]): Rule['find'] {
  return nodes('TypeName', (fields) => names.includes(typeName(fields)));
}

const named: readonly (Omit<Rule, 'find'> & { readonly types: readonly string[] })[] = [
  {
    name: 'type-json',
    construct: 'json, jsonb',
    why: 'Redshift has SUPER instead. Prefer plain columns.',
    source,
    types: ['json', 'jsonb', 'jsonpath'],
    refused: ['select cast(a as json) from x', 'select a::jsonb from x', 'create table x (a jsonb)'],
    accepted: ['create table x (a super)'],
  },
  {
    name: 'type-uuid',
    construct: 'uuid',
    why: 'Redshift has no UUID. Write varchar(36).',
    source,
    types: ['uuid'],
    refused: ['select cast($1 as uuid) as a', 'create table x (a uuid)'],
    accepted: ['select cast($1 as varchar(36)) as a'],
  },
  {
    name: 'type-bytea',
    construct: 'bytea',
    why: 'Redshift has VARBYTE instead.',
    source,
    types: ['bytea'],
    refused: ['select a::bytea from x', 'create table x (a bytea)'],
    accepted: ['create table x (a varbyte)'],
  },
  {
    name: 'type-serial',
    construct: 'serial, bigserial',
    why: 'Redshift has no sequences. Generate ids in the program, or declare the column IDENTITY, which has gaps.',
    source,
    types: ['serial', 'bigserial', 'smallserial', 'serial2', 'serial4', 'serial8'],
    refused: ['create table x (a serial)', 'create table x (a bigserial primary key)'],
    accepted: ['create table x (a bigint not null, primary key (a))'],
  },
  {
    name: 'type-xml',
    construct: 'xml',
    why: 'Redshift has no XML. Store it as text.',
    source,
    types: ['xml'],
    refused: ['select a::xml from x'],
    accepted: ['select a as xml from x'],
  },
];
const inRules = new Set(named.flatMap(({ types: names }) => names));

/** Types, in casts and in column definitions. */
export const typeRules: readonly Rule[] = [
  ...named.map(({ types: names, ...rule }): Rule => ({ ...rule, find: types(names) })),
  {
    name: 'type-unknown',
    construct: 'money, bit, inet, point, tsvector, oid, int4range, "char", user-defined types …',
    why: 'The guide does not list the type. Use a number, text or a timestamp.',
    source: `${source}, c_Supported_data_types`,
    find: nodes('TypeName', (fields) => !known.has(typeName(fields)) && !inRules.has(typeName(fields))),
    refused: [
      'select a::money from x',
      'select cast(a as inet) from x',
      `select 'x'::regclass`,
      'create table x (a point)',
      'select cast(a as status) from x',
      `select b'101'::bit(3)`,
    ],
    accepted: [
      'select cast(a as bigint), a::numeric(18, 4), a::double precision, a::boolean, a::date from x',
      'create table x (a timestamptz, b timestamp, c char(3), d varchar(64))',
    ],
  },
  {
    name: 'type-interval',
    construct: 'cast(a as interval), a column of type interval',
    why: "Redshift's INTERVAL needs a qualifier: year to month, or day to second. Store a number of seconds.",
    source: `${source}; r_interval_data_types`,
    // Without a qualifier only the literal form is allowed: interval '72 hours'.
    find: nodes('TypeName', (fields, node) => {
      const isLiteral = node.parent?.kind === 'TypeCast' && isText(node.parent);
      return typeName(fields) === 'interval' && fields.typmods === undefined && !isLiteral;
    }),
    refused: ['select cast(a as interval) from x', 'select a - $1::interval from x', 'create table x (a interval)'],
    accepted: [`select a - interval '72 hours' from x`, 'create table x (a interval day to second)'],
  },
  {
    name: 'type-text-length',
    construct: 'text, varchar without a length',
    why: 'On Redshift they are VARCHAR(256), in bytes, and a cast truncates longer values. Write varchar(n).',
    source: 'guide, r_Character_types',
    find: nodes(
      'TypeName',
      (fields) => typeName(fields) === 'text' || (typeName(fields) === 'varchar' && fields.typmods === undefined),
    ),
    refused: ['select cast(a as varchar) from x', 'select a::text from x', 'create table x (a text)'],
    accepted: ['select cast(a as varchar(64)) from x', 'create table x (a varchar(65535))'],
  },
];

function isText({ fields }: Node): boolean {
  const { A_Const } = (fields.arg ?? {}) as { A_Const?: { sval?: unknown } };
  return A_Const?.sval !== undefined;
}
