import type { Rule } from '../rule.ts';
import { ancestorsOf, isBelow, type Node, type Statement, stringsOf } from '../statement.ts';
import { functionName } from './functions.ts';

const source = 'guide, r_correlated_subqueries';

function correlated(passes: (correlation: Correlation, statement: Statement) => boolean): Rule['find'] {
  return (statement) =>
    correlationsIn(statement)
      .filter((each) => passes(each, statement))
      .map(({ column }) => column);
}

/** Correlated subqueries that Redshift cannot rewrite as joins. */
export const subqueryRules: readonly Rule[] = [
  {
    name: 'correlation-skips-level',
    construct: 'a subquery that names a column of a query two levels up',
    why: 'Redshift refuses it. Join the tables, or pass the column through the query between.',
    source,
    find: correlated(({ queries }) => queries.length > 2),
    refused: [
      `select x.a from x where not exists
         (select 1 from y where not exists (select 1 from z where z.a = x.a))`,
    ],
    accepted: [
      'select x.a from x where not exists (select 1 from y where y.a = x.a)',
      `select x.a from x where not exists
         (select 1 from y where y.a = x.a and not exists (select 1 from z where z.a = y.a))`,
    ],
  },
  {
    name: 'correlation-in-outer-join',
    construct: 'left join y on … (select … where z.a = x.a)',
    why: "Redshift refuses a correlated subquery in an outer join's ON. Join the subquery's tables first.",
    source,
    find: correlated(({ column, queries }) => {
      const outermost = queries.at(-1) as Node;
      return ancestorsOf(column).some(
        (node) =>
          node.field === 'quals' &&
          node.parent?.kind === 'JoinExpr' &&
          node.parent.fields.jointype !== 'JOIN_INNER' &&
          isBelow(node, outermost),
      );
    }),
    refused: [`select x.a from x left join y on x.a = y.a and y.b = (select max(z.b) from z where z.a = y.a)`],
    accepted: [
      `select x.a from x left join y on x.a = y.a and y.b = (select max(z.b) from z)`,
      `select x.a from x join y on x.a = y.a and y.b = (select max(z.b) from z where z.a = y.a)`,
    ],
  },
  {
    name: 'correlation-with-window',
    construct: '(select sum(…) over (…) from y where y.a = x.a)',
    why: 'Redshift refuses a correlated subquery with a window function. Number the rows in a joined subquery.',
    source,
    find: correlated(({ queries }, { nodes }) =>
      nodes.some((node) => node.kind === 'WindowDef' && queries.slice(0, -1).includes(queryOf(node) as Node)),
    ),
    refused: ['select x.a from x where x.b in (select sum(y.b) over () from y where y.a = x.a)'],
    accepted: [
      'select x.a from x where x.b in (select sum(y.b) over () from y)',
      'select row_number() over (order by x.a) from x where exists (select 1 from y where y.a = x.a)',
    ],
  },
  {
    name: 'correlation-grouped',
    construct: 'select (select … where y.a = x.a) as b … group by b',
    why: 'Redshift refuses to group by the result of a correlated subquery. Compute it in a subquery in FROM and group around it.',
    source,
    find: correlated(({ column, queries }) => {
      const outer = queries.at(-1) as Node;
      const path = [column, ...ancestorsOf(column)].filter((node) => isBelow(node, outer));
      const top = path.at(-1);
      return top?.field === 'groupClause' || (top?.kind === 'ResTarget' && isGroupedBy(outer, top));
    }),
    refused: [
      'select x.a, (select count(y.b) from y where y.a = x.a) as b from x group by b, x.a',
      'select x.a, (select count(y.b) from y where y.a = x.a) as b from x group by 1, 2',
      'select count(*) from x group by (select max(y.b) from y where y.a = x.a)',
    ],
    accepted: ['select x.a, (select count(y.b) from y where y.a = x.a) as b from x group by x.a'],
  },
  {
    name: 'correlation-in-aggregate',
    construct: 'in (select sum(…) from y where y.a = x.a group by …)',
    why: 'Redshift refuses IN with a correlated subquery that has GROUP BY and an aggregate other than min and max. Join the subquery.',
    source,
    find: correlated(({ queries }, { nodes }) => {
      const [inner] = queries as [Node];
      const isIn = inner.field === 'subselect' && inner.parent?.fields.subLinkType === 'ANY_SUBLINK';
      return (
        isIn &&
        inner.fields.groupClause !== undefined &&
        nodes.some((node) => node.kind === 'FuncCall' && queryOf(node) === inner && isOtherAggregate(node))
      );
    }),
    refused: ['select x.a from x where x.b in (select sum(y.b) from y where y.a > x.a group by y.c)'],
    accepted: [
      'select x.a from x where x.b in (select max(y.b) from y where y.a > x.a group by y.c)',
      'select x.a from x where x.b in (select sum(y.b) from y group by y.c)',
    ],
  },
];

const isOtherAggregate = ({ fields }: Node): boolean =>
  ['avg', 'count', 'sum', 'listagg'].includes(functionName(fields));

interface GroupItem {
  readonly ColumnRef?: { readonly fields?: unknown };
  readonly A_Const?: { readonly ival?: { readonly ival?: number } };
}

/** Whether a query groups by an item of its select list, by name or by number. */
function isGroupedBy({ fields }: Node, target: Node): boolean {
  const place =
    (fields.targetList as { ResTarget: unknown }[]).findIndex((each) => each.ResTarget === target.fields) + 1;
  return ((fields.groupClause ?? []) as GroupItem[]).some(({ ColumnRef, A_Const }) => {
    const name = stringsOf(ColumnRef?.fields);
    return (name.length === 1 && name[0] === target.fields.name) || A_Const?.ival?.ival === place;
  });
}

/** A column reference to a table of an enclosing query. */
interface Correlation {
  readonly column: Node;
  /** From the query with the reference outwards to the query with the table; at least two. */
  readonly queries: readonly Node[];
}

/**
 * Finds correlated column references. Only qualified names (`x.a`, not `a`) can be resolved, since the columns of the
 * tables are unknown.
 */
function correlationsIn(statement: Statement): Correlation[] {
  const names = new Map<Node, Set<string>>();
  for (const node of statement.nodes) {
    const query = node.kind === 'RangeVar' || node.kind === 'Alias' ? queryOf(node) : undefined;
    if (query === undefined || !isInFrom(node, query)) continue;
    const known = names.get(query) ?? new Set();
    names.set(query, known.add(tableName(node)));
  }
  return statement.nodes.flatMap((column) => {
    const qualifier = column.kind === 'ColumnRef' ? stringsOf(column.fields.fields).at(-2) : undefined;
    if (qualifier === undefined) return [];
    const around = ancestorsOf(column).filter(isQuery);
    const depth = around.findIndex((query) => names.get(query)?.has(qualifier));
    return depth > 0 ? [{ column, queries: around.slice(0, depth + 1) }] : [];
  });
}

/** True for a query that can have a FROM clause; false for a UNION, which combines two of them. */
function isQuery({ kind, fields }: Node): boolean {
  return kind === 'SelectStmt' && fields.op === 'SETOP_NONE';
}

function queryOf(node: Node): Node | undefined {
  return ancestorsOf(node).find(isQuery);
}

function isInFrom(node: Node, query: Node): boolean {
  return [node, ...ancestorsOf(node)].some(({ field, parent }) => field === 'fromClause' && parent === query);
}

/** The name by which the query refers to a table. An alias hides the table's own name. */
function tableName({ kind, fields }: Node): string {
  const alias = fields.alias as { readonly aliasname?: string } | undefined;
  return String(kind === 'Alias' ? fields.aliasname : (alias?.aliasname ?? fields.relname));
}
