import { nodes, type Rule } from '../rule.ts';
import { ancestorsOf, isBelow, type Node, type Statement } from '../statement.ts';

const source = 'guide, r_WITH_clause';

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
export const withRules: readonly Rule[] = [
  {
    name: 'nested-with',
    construct: 'with a as (with b as (…) …)',
    why: "Redshift's guide allows no WITH inside a WITH's subquery. Use one list: with b as (…), a as (…).",
    source,
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
    source,
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
    source,
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
    source: `${source}; dbt-redshift#803`,
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
    source: `${source}: not in the clause's syntax`,
    find: nodes('CommonTableExpr', ({ ctematerialized }) => ctematerialized !== 'CTEMaterializeDefault'),
    refused: ['with a as materialized (select 1 as b) select b from a'],
    accepted: ['with a as (select 1 as b) select b from a'],
  },
  {
    name: 'with-writes',
    construct: 'with a as (insert …)',
    why: 'On Redshift, a CTE only reads. Write in a separate statement.',
    source: `${source}: a CTE is a SELECT`,
    find: nodes(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'], (_, { field }) => field === 'ctequery'),
    refused: ['with a as (delete from x where b = 1) select 1 as b'],
    accepted: ['delete from x where b in (select b from y)'],
  },
];

const isQuery = ({ kind }: Node): boolean => kind === 'SelectStmt';
