import { ancestorsOf, type Node, type Statement, stringsOf } from './statement.ts';

/** A column that belongs to a query around the one that names it. */
export interface Correlation {
  readonly column: Node;
  /** The queries from the one that names the column, outwards to that which has it; at least two. */
  readonly queries: readonly Node[];
}

/**
 * The columns that subqueries take from queries around them. Without the tables' columns at hand only names with a
 * table or alias before them can be told (`x.a`, not `a`).
 */
export function correlationsIn(statement: Statement): Correlation[] {
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

/** A query with a FROM of its own; a UNION only holds two such. */
export function isQuery({ kind, fields }: Node): boolean {
  return kind === 'SelectStmt' && fields.op === 'SETOP_NONE';
}

export function queryOf(node: Node): Node | undefined {
  return ancestorsOf(node).find(isQuery);
}

function isInFrom(node: Node, query: Node): boolean {
  return [node, ...ancestorsOf(node)].some(({ field, parent }) => field === 'fromClause' && parent === query);
}

/** By what name the rest of the query knows a table; an alias hides the table's own name. */
function tableName({ kind, fields }: Node): string {
  const alias = fields.alias as { readonly aliasname?: string } | undefined;
  return String(kind === 'Alias' ? fields.aliasname : (alias?.aliasname ?? fields.relname));
}
