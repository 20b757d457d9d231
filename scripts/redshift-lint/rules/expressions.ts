import { anyOf, nodes, type Rule } from '../rule.ts';
import { stringsOf } from '../statement.ts';

const features = 'guide, c_unsupported-postgresql-features';

/** Operators that the guide lists: r_OPERATOR_SYMBOLS, r_comparison_condition, r_concat_op, patterns of r_pattern-matching. */
const operators = new Set(
  ['=', '<>', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '^', '|/', '||/', '@', '||'].concat([
    ...['~', '!~', '~*', '!~*', '~~', '!~~', '~~*', '!~~*'],
    // Operators that are spelled as words.
    ...['BETWEEN', 'NOT BETWEEN'],
  ]),
);
/** Kinds of A_Expr with a separate rule; their operator is not checked. */
const otherKinds = new Set(['AEXPR_DISTINCT', 'AEXPR_NOT_DISTINCT', 'AEXPR_BETWEEN_SYM', 'AEXPR_NOT_BETWEEN_SYM']);

const isKind =
  (...kinds: string[]) =>
  ({ kind }: Readonly<Record<string, unknown>>) =>
    kinds.includes(String(kind));

/** Expressions, except functions and types. */
export const expressionRules: readonly Rule[] = [
  {
    name: 'filter',
    construct: 'aggregate(…) filter (where …)',
    why: 'Redshift has no FILTER. Write sum(case when … then 1 else 0 end).',
    source:
      "guide, r_COUNT, r_SUM: not in the aggregates' syntax; ReShare Analytics replaced FILTER with CASE for Redshift",
    find: nodes('FuncCall', ({ agg_filter }) => agg_filter !== undefined),
    refused: ['select count(*) filter (where a = 1) from x'],
    accepted: ['select sum(case when a = 1 then 1 else 0 end) from x'],
  },
  {
    name: 'aggregate-order',
    construct: 'aggregate(… order by …)',
    why: "Redshift's aggregates take no ORDER BY inside their parentheses. Use within group (order by …) if the function has it.",
    source: "guide, r_COUNT, r_SUM, r_LISTAGG: not in the aggregates' syntax",
    find: nodes('FuncCall', ({ agg_order, agg_within_group }) => agg_order !== undefined && agg_within_group !== true),
    refused: ['select max(a order by b) from x'],
    accepted: [`select listagg(a, ',') within group (order by b) from x`],
  },
  {
    name: 'array',
    construct: 'array[…], array(select …), a[1], (a).b, integer[]',
    why: 'Redshift has no arrays and no composite values. Keep one value per row.',
    source: `${features}: subscripted expressions, array constructors; c_unsupported-postgresql-datatypes: arrays`,
    find: anyOf(
      nodes(['A_ArrayExpr', 'A_Indirection']),
      nodes('SubLink', ({ subLinkType }) => subLinkType === 'ARRAY_SUBLINK'),
      nodes('TypeName', ({ arrayBounds }) => arrayBounds !== undefined),
    ),
    refused: [
      'select array[1, 2]',
      'select array(select a from x)',
      'select a[1] from x',
      'select (a).b from x',
      'select cast($1 as integer[]) as a',
      'create table x (a integer[])',
    ],
    accepted: ['select a from x where b in (1, 2)', 'select x.a from x'],
  },
  {
    name: 'any-array',
    construct: '= any($1), <> all($1)',
    why: 'Redshift takes no bound array ("server does not support bind parameters for array based types"). Write in ($1, $2, …).',
    source: 'node-postgres#1186, amazon-redshift-python-driver#214',
    find: nodes('A_Expr', isKind('AEXPR_OP_ANY', 'AEXPR_OP_ALL')),
    refused: [
      'select a from x where b = any($1)',
      'select a from x where b <> all($1)',
      'select a from x where b > some($1)',
    ],
    accepted: ['select a from x where b in ($1)', 'select a from x where b = any(select b from y)'],
  },
  {
    name: 'any-subquery',
    construct: '> any (select …), = all (select …)',
    why: 'With a subquery Redshift supports only = ANY and <> ALL. Compare with min() or max() of the subquery.',
    source: 'guide, r_comparison_condition; jOOQ#18394',
    find: nodes('SubLink', ({ subLinkType, operName }) => {
      const [operator] = stringsOf(operName);
      if (subLinkType === 'ALL_SUBLINK') return operator !== '<>';
      return subLinkType === 'ANY_SUBLINK' && operator !== undefined && operator !== '=';
    }),
    refused: ['select a from x where b > any (select b from y)', 'select a from x where b = all (select b from y)'],
    accepted: [
      'select a from x where b in (select b from y)',
      'select a from x where b = some (select b from y)',
      'select a from x where b <> all (select b from y)',
    ],
  },
  {
    name: 'row',
    construct: '(a, b) > (1, 2), (a, b) in (…), row(a, b)',
    why: 'Redshift has no row constructors, and PostgreSQL 8.0, its origin, compared them wrongly. Write a > 1 or (a = 1 and b > 2).',
    source: `${features}: row constructors; pgsql-hackers, 2005-12-26: (a, b) < (1, 2) meant a < 1 and b < 2`,
    find: anyOf(
      // ROLLUP ((a, b), c) uses the same parentheses for a list of groups.
      nodes('RowExpr', (_, { field, parent }) => !(parent?.kind === 'GroupingSet' && field === 'content')),
      nodes('MultiAssignRef'),
    ),
    refused: [
      'select a from x where (a, b) > ($1, $2)',
      'select a from x where (a, b) in (select a, b from y)',
      'select a from x where (a, b) = (1, 2)',
      'select row(a, b) from x',
      'update x set (a, b) = (1, 2)',
      'update x set (a, b) = (select a, b from y)',
    ],
    accepted: [
      'select a from x where (a > $1) or (a = $2 and b > $3)',
      'select a, b, count(*) from x group by rollup ((a, b))',
      'select a from x where (a) in (1, 2)',
    ],
  },
  {
    name: 'distinct-from',
    construct: 'is [not] distinct from',
    why: 'Redshift lists it as unsupported. Write (a = b or (a is null and b is null)).',
    source:
      'guide, c_unsupported-postgresql-functions: IS DISTINCT FROM; jOOQ#18340 saw it work in 2025, so it is uncertain',
    find: nodes('A_Expr', isKind('AEXPR_DISTINCT', 'AEXPR_NOT_DISTINCT')),
    refused: ['select a from x where a is distinct from b', 'select a from x where a is not distinct from $1'],
    accepted: [
      'select distinct a from x where a is not null',
      'select a from x where (a = b or (a is null and b is null))',
    ],
  },
  {
    name: 'between-symmetric',
    construct: 'between symmetric',
    why: 'Redshift supports only plain BETWEEN. Order the two bounds with least() and greatest().',
    source: "guide, r_range_condition: not in the condition's syntax",
    find: nodes('A_Expr', isKind('AEXPR_BETWEEN_SYM', 'AEXPR_NOT_BETWEEN_SYM')),
    refused: ['select a from x where a between symmetric 2 and 1'],
    accepted: ['select a from x where a between 1 and 2', 'select a from x where a not between 1 and 2'],
  },
  {
    name: 'collate',
    construct: 'collate "…"',
    why: 'Redshift sorts by UTF-8 bytes and has no other collation. Remove the clause.',
    source: `${features}: Collations`,
    find: nodes('CollateClause'),
    refused: ['select a from x order by a collate "und-x-icu"'],
    accepted: ['select a from x order by lower(a)'],
  },
  {
    name: 'operator',
    construct: '->, ->>, @>, &&, << and other operators that the guide does not list',
    why: 'Redshift does not have the operator. Read JSON with json_extract_path_text(), compare sets with joins.',
    source: 'guide, r_OPERATOR_SYMBOLS and the pages on conditions',
    find: nodes(
      'A_Expr',
      (fields) => !otherKinds.has(String(fields.kind)) && stringsOf(fields.name).some((name) => !operators.has(name)),
    ),
    refused: [`select a -> 'b' from x`, `select a from x where a @> b`, 'select a from x where a && b'],
    accepted: [
      `select a || 'b', a + b, -a, a % 2 from x where a <> b and a != c`,
      `select a from x where a like 'b!%' escape '!' or a ilike 'c' or a ~ '^d' or a not like 'e'`,
    ],
  },
  {
    name: 'number-spelling',
    construct: '1_000, 0xFF, 0o17, 0b11',
    why: 'Redshift supports only decimal digits in numbers; it would read 1_000 as 1 with the alias _000. Write 1000.',
    source: 'guide, r_numeric_literals201',
    find: ({ tokens }) => tokens.filter(({ text }) => /^(\.?\d[\d.]*_|0[xob])/i.test(text)),
    refused: ['select a from x where b > 1_000', 'select 0xFF as a', 'select a from x where b < 1.000_5 limit 0b11'],
    accepted: [`select 1000, 1.5e3, .5, '1_000', '0xFF' as "0xff", a_1 from x0b1 limit 10`],
  },
  {
    name: 'bare-parameter',
    construct: 'select $1',
    why: 'Redshift cannot infer the type of a parameter in a select list. Write cast($1 as …).',
    source: 'node-postgres and sqlx report failures with untyped parameters (sqlx#801); poorly documented, so avoided',
    find: nodes(
      'ParamRef',
      (_, { parent, field }) => parent?.kind === 'ResTarget' && field === 'val' && isSelected(parent.field),
    ),
    refused: ['select $1 as a from x'],
    accepted: ['select cast($1 as bigint) as a from x', 'select a from x where b = $1 limit $2'],
  },
];

const isSelected = (field: string) => field === 'targetList';
