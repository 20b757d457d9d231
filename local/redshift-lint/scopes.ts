import { ancestorsOf, type Node, type Statement, stringsOf } from './statement.ts';

/** A column reference to a table of an enclosing query. */
export interface Correlation {
  readonly column: Node;
  /** From the query with the reference outwards to the query with the table; at least two. */
  readonly queries: readonly Node[];
}

/**
 * Finds correlated column references. Only qualified names (`x.a`, not `a`) can be resolved, since the columns of the
 * tables are unknown.
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

/** True for a query that can have a FROM clause; false for a UNION, which combines two of them. */
export function isQuery({ kind, fields }: Node): boolean {
  return kind === 'SelectStmt' && fields.op === 'SETOP_NONE';
}

export function queryOf(node: Node): Node | undefined {
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
