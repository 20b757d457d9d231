import { nodes, type Rule } from '../rule.ts';
import { ancestorsOf, isBelow, type Node, type Statement } from '../statement.ts';

const synopsis = "guide, r_SELECT_synopsis: the clause is not in SELECT's syntax";

/** Clauses of a SELECT, except WITH. */
const clauseRules: readonly Rule[] = [
  {
    name: 'distinct-on',
    construct: 'select distinct on (…)',
    why: 'Redshift answers "SELECT DISTINCT ON is not supported". Number the rows with row_number() and keep the first.',
    source: 'jazzband/django-redshift-backend#14',
    // A plain DISTINCT is a list of one empty object.
    find: nodes('SelectStmt', ({ distinctClause }) => ((distinctClause ?? []) as object[]).some(isNotEmpty)),
    refused: ['select distinct on (a) a, b from x order by a, b'],
    accepted: ['select distinct a, b from x', 'select count(distinct a) from x'],
  },
  {
    name: 'lateral',
    construct: 'lateral (select …)',
    why: "Redshift has no LATERAL. Join a grouped subquery, or number a subquery's rows with row_number() and keep the first.",
    source: "guide, r_FROM_clause30: not in FROM's syntax; absent from jOOQ's list for Redshift (join-mode-lateral)",
    find: nodes(['RangeSubselect', 'RangeFunction'], ({ lateral }) => lateral === true),
    refused: ['select 1 from x cross join lateral (select max(b) as b from y) as z'],
    accepted: ['select 1 from x cross join (select max(b) as b from y) as z'],
  },
  {
    name: 'values-table',
    construct: 'values (…) as a table',
    why: 'Redshift supports VALUES only in INSERT. Write select … union all select ….',
    source: 'guide, c_unsupported-postgresql-features: VALUES list used as constant tables',
    find: nodes(
      'SelectStmt',
      ({ valuesLists }, { parent }) => valuesLists !== undefined && parent?.kind !== 'InsertStmt',
    ),
    refused: ['select * from (values (1, 2), (3, 4)) as x (a, b)', 'values (1)'],
    accepted: ['insert into x (a, b) values (1, 2), (3, 4)', 'select 1 as a union all select 2'],
  },
  {
    name: 'table-function',
    construct: 'from function(…)',
    why: 'Redshift has no table functions. Join a table of numbers or days.',
    source: 'guide, c_unsupported-postgresql-features: Table functions',
    find: nodes('RangeFunction', ({ lateral }) => lateral !== true),
    refused: ['select part from lower($1) as part'],
    accepted: ['select lower(a) as part from x'],
  },
  {
    name: 'row-lock',
    construct: 'for update, for share',
    why: 'Redshift locks tables, not rows. A reader needs no lock; a writer uses LOCK.',
    source: synopsis,
    find: nodes('LockingClause'),
    refused: ['select a from x for update', 'select a from x for share'],
    accepted: ['select a from x'],
  },
  {
    name: 'tablesample',
    construct: 'tablesample',
    why: 'Redshift has no TABLESAMPLE. Sample by a hash of the key.',
    source: "guide, r_FROM_clause30: not in FROM's syntax",
    find: nodes('RangeTableSample'),
    refused: ['select a from x tablesample system (1)'],
    accepted: ['select a from x as sample'],
  },
  {
    name: 'fetch-first',
    construct: 'fetch first n rows',
    why: 'Redshift has no FETCH clause and no WITH TIES. Write limit; for ties, number the rows with rank().',
    source: synopsis,
    // The tree does not distinguish FETCH FIRST from LIMIT, the tokens do. FETCH is reserved, so it is never a name.
    find: ({ nodes: all, tokens }) =>
      all[0]?.kind === 'FetchStmt' ? [] : tokens.filter(({ text }) => text.toLowerCase() === 'fetch'),
    refused: [
      'select a from x order by a fetch first 5 rows only',
      'select a from x order by a fetch first 5 rows with ties',
    ],
    accepted: ['select a from x order by a limit 5 offset 10', `select 'fetch' as "fetch" from x`],
  },
  {
    name: 'order-by-using',
    construct: 'order by … using',
    why: 'Redshift supports only ASC and DESC.',
    source: synopsis,
    find: nodes('SortBy', ({ sortby_dir }) => sortby_dir === 'SORTBY_USING'),
    refused: ['select a from x order by a using >'],
    accepted: ['select a from x order by a desc nulls last'],
  },
  {
    name: 'named-window',
    construct: 'window w as (…)',
    why: 'Redshift has no WINDOW clause. Repeat the window after each OVER.',
    source: synopsis,
    find: nodes('WindowDef', ({ name, refname }) => name !== undefined || refname !== undefined),
    refused: ['select row_number() over w from x window w as (partition by a order by b)'],
    accepted: ['select row_number() over (partition by a order by b) from x'],
  },
  {
    name: 'set-operation-all',
    construct: 'intersect all, except all',
    why: 'Redshift supports ALL only with UNION. Count the rows of both sides with union all and group by.',
    source: 'guide, r_UNION',
    find: nodes('SelectStmt', ({ op, all }) => all === true && op !== 'SETOP_UNION'),
    refused: ['select a from x intersect all select a from y', 'select a from x except all select a from y'],
    accepted: ['select a from x except select a from y', 'select a from x union all select a from y'],
  },
  {
    name: 'set-operation-limit',
    construct: '(select … limit n) union …',
    why: 'Redshift answers "LIMIT may not be used within input to set operations". Move the LIMIT into a subquery in FROM.',
    source: 'guide, r_UNION',
    find: nodes(
      'SelectStmt',
      ({ limitCount, limitOffset }, node) =>
        (limitCount !== undefined || limitOffset !== undefined) && (node.field === 'larg' || node.field === 'rarg'),
    ),
    refused: [
      '(select a from x limit 10) union all select a from y',
      '(select a from x offset 10) union all select a from y',
      'select a from x union all (select a from y offset 10)',
    ],
    accepted: [
      'select a from x union all select a from y limit 10',
      'select a from (select a from x limit 10) as x union all select a from y',
    ],
  },
];

function isNotEmpty(item: object): boolean {
  return Object.keys(item).length > 0;
}

const withClause = 'guide, r_WITH_clause';

/** Finds CTEs that refer to themselves and satisfy `passes`. The keyword RECURSIVE alone does not make a CTE recursive. */
function recursive(passes: (cte: Node) => boolean): Rule['find'] {
  const namesItself = (statement: Statement, cte: Node) =>
    statement.nodes.some(
      (node) => node.kind === 'RangeVar' && node.fields.relname === cte.fields.ctename && isBelow(node, cte),
    );
  return (statement) =>
    statement.nodes.filter(
      (node) =>
        node.kind === 'CommonTableExpr' &&
        node.parent?.fields.recursive === true &&
        namesItself(statement, node) &&
        passes(node),
    );
}

interface Cte {
  readonly ctequery?: { readonly SelectStmt?: { readonly op?: string; readonly all?: boolean } };
}

/** Common table expressions. */
const withRules: readonly Rule[] = [
  {
    name: 'nested-with',
    construct: 'with a as (with b as (…) …)',
    why: "Redshift's guide allows no WITH inside a WITH's subquery. Use one list: with b as (…), a as (…).",
    source: withClause,
    find: nodes('WithClause', (_, node) => ancestorsOf(node).some(({ kind }) => kind === 'CommonTableExpr')),
    refused: ['with a as (with b as (select 1 as c) select c from b) select c from a'],
    accepted: [
      'with b as (select 1 as c), a as (select c from b) select c from a',
      'select c from (with b as (select 1 as c) select c from b) as a',
    ],
  },
  {
    name: 'recursive-columns',
    construct: 'with recursive a as (…)',
    why: 'On Redshift, a recursive CTE must list its columns: with recursive a (b, c) as (…).',
    source: withClause,
    find: recursive(({ fields }) => fields.aliascolnames === undefined),
    refused: ['with recursive a as (select 1 as b union all select b + 1 from a where b < 9) select b from a'],
    accepted: [
      'with recursive a (b) as (select 1 union all select b + 1 from a where b < 9) select b from a',
      'with recursive a as (select b from x) select b from a',
    ],
  },
  {
    name: 'recursive-union',
    construct: 'with recursive a (b) as (… union …)',
    why: 'On Redshift, a recursive CTE must be a UNION ALL of two queries. Apply DISTINCT after it.',
    source: withClause,
    find: recursive(({ fields }) => {
      const query = (fields as Cte).ctequery?.SelectStmt;
      return query?.op !== 'SETOP_UNION' || query.all !== true;
    }),
    refused: ['with recursive a (b) as (select 1 union select b + 1 from a where b < 9) select b from a'],
    accepted: ['with recursive a (b) as (select 1 union all select b + 1 from a where b < 9) select distinct b from a'],
  },
  {
    name: 'recursive-in-subquery',
    construct: 'select … from (with recursive …)',
    why: 'Redshift answers "Recursive CTE in subquery are not supported". Move it to the start of the statement.',
    source: `${withClause}; dbt-redshift#803`,
    find: recursive(({ parent }) => parent !== null && ancestorsOf(parent).filter(isQuery).length > 1),
    refused: [
      'select b from (with recursive a (b) as (select 1 union all select b + 1 from a where b < 9) select b from a) as c',
    ],
    accepted: ['select b from (with recursive a as (select b from x) select b from a) as c'],
  },
  {
    name: 'with-materialized',
    construct: 'with a as [not] materialized (…)',
    why: 'Redshift does not have this hint. Remove it, or use a temporary table.',
    source: `${withClause}: not in the clause's syntax`,
    find: nodes('CommonTableExpr', ({ ctematerialized }) => ctematerialized !== 'CTEMaterializeDefault'),
    refused: ['with a as materialized (select 1 as b) select b from a'],
    accepted: ['with a as (select 1 as b) select b from a'],
  },
  {
    name: 'with-writes',
    construct: 'with a as (insert …)',
    why: 'On Redshift, a CTE only reads. Write in a separate statement.',
    source: `${withClause}: a CTE is a SELECT`,
    find: nodes(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'], (_, { field }) => field === 'ctequery'),
    refused: ['with a as (delete from x where b = 1) select 1 as b'],
    accepted: ['delete from x where b in (select b from y)'],
  },
];

const isQuery = ({ kind }: Node): boolean => kind === 'SelectStmt';

/** Queries, except expressions and subqueries. */
export const queryRules: readonly Rule[] = [...clauseRules, ...withRules];
