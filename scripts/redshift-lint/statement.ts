import { loadModule, parseSync, type ScanToken, scanSync } from 'libpg-query';

await loadModule();

/** The fields of a node of PostgreSQL's parse tree. */
export type Fields = Readonly<Record<string, unknown>>;

/** A node and its position in the tree. */
export interface Node {
  /** PostgreSQL's name of the node, for example `SelectStmt`; `?` and the field's name if the tree does not contain it. */
  readonly kind: string;
  readonly fields: Fields;
  /** The parent's field that contains it. */
  readonly field: string;
  readonly parent: Node | null;
}

/** A position in a statement: a node, a token, or the whole statement. */
export type Place = Node | ScanToken | 'everywhere';

/** A statement, parsed by PostgreSQL's own parser. */
export interface Statement {
  readonly sql: string;
  readonly bytes: number;
  /** The parser's error, or null. With an error there are no nodes and no tokens. */
  readonly fault: string | null;
  /** Every node, parents first. */
  readonly nodes: readonly Node[];
  readonly tokens: readonly ScanToken[];
}

/** Redshift guide, r_SELECT_synopsis: "The maximum size for a single SQL statement is 16 MB." */
export const maxBytes = 16 * 1024 * 1024;

/** Parses a statement. One that is too long for Redshift is not parsed. */
export function readStatement(sql: string): Statement {
  const bytes = Buffer.byteLength(sql);
  const unread = { sql, bytes, nodes: [], tokens: [] };
  if (bytes > maxBytes) return { ...unread, fault: null };
  try {
    const nodes = (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => [...nodesIn(stmt, 'stmt', null)]);
    return { sql, bytes, fault: null, nodes, tokens: scanSync(sql).tokens };
  } catch (error) {
    return { ...unread, fault: error instanceof Error ? error.message : String(error) };
  }
}

/** Fields whose value is a node without its name, since only one kind is possible there. */
const kindOfField: Readonly<Record<string, string>> = {
  alias: 'Alias',
  authrole: 'RoleSpec',
  into: 'IntoClause',
  intoClause: 'IntoClause',
  larg: 'SelectStmt',
  onConflictClause: 'OnConflictClause',
  over: 'WindowDef',
  pktable: 'RangeVar',
  rarg: 'SelectStmt',
  rel: 'RangeVar',
  relation: 'RangeVar',
  returningClause: 'ReturningClause',
  typeName: 'TypeName',
  view: 'RangeVar',
  withClause: 'WithClause',
};

function* nodesIn(value: unknown, field: string, parent: Node | null): Generator<Node> {
  if (Array.isArray(value)) {
    for (const each of value) yield* nodesIn(each, field, parent);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const [key, ...others] = Object.keys(value);
  // DISTINCT without ON is a list that holds one empty object.
  if (key === undefined) return;
  const isNamed = others.length === 0 && /^[A-Z]/.test(key);
  const kind = isNamed ? key : (kindOfField[field] ?? `?${field}`);
  const fields = (isNamed ? (value as Fields)[key] : value) as Fields;
  const node = { kind, fields, field, parent };
  yield node;
  // The value of a constant is an object, but not a node.
  if (kind === 'A_Const') return;
  for (const [name, child] of Object.entries(fields)) yield* nodesIn(child, name, node);
}

/** The node's ancestors, nearest first. */
export function ancestorsOf(node: Node): Node[] {
  const above: Node[] = [];
  for (let each = node.parent; each; each = each.parent) above.push(each);
  return above;
}

/** Whether `node` is a descendant of `above`. */
export function isBelow(node: Node, above: Node): boolean {
  return ancestorsOf(node).includes(above);
}

/** The strings of a list of String nodes. The tree stores names so: `pg_catalog.btrim` is two nodes. */
export function stringsOf(list: unknown): string[] {
  return ((list ?? []) as { String?: { sval?: string } }[]).flatMap((each) => each.String?.sval ?? []);
}

/** The text from a position on, shortened. Offsets in the tree are bytes. */
export function textAt(statement: Statement, place: Place): string {
  const rest = Buffer.from(statement.sql).subarray(startOf(place)).toString('utf8');
  const text = rest.slice(0, 60).replaceAll(/\s+/g, ' ').trim();
  return text.length < rest.trim().length ? `${text} …` : text;
}

function startOf(place: Place): number {
  if (place === 'everywhere') return 0;
  if ('start' in place) return place.start;
  for (let node: Node | null = place; node; node = node.parent) {
    const { location } = node.fields;
    if (typeof location === 'number' && location >= 0) return location;
  }
  return 0;
}
