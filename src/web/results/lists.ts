import type { Shape } from './shape.ts';

/** What a column holds. Numbers may be exact decimals, as texts. */
export type ColumnKind = 'number' | 'day' | 'instant' | 'boolean' | 'text';

export interface Column {
  /** Where the value is in its row: `metrics.payout`. That of a row around it: `iterations: name`. */
  readonly name: string;
  readonly kind: ColumnKind;
  /** Name of its type in the schema; null if unknown. */
  readonly type: string | null;
  /** Whether it belongs to the row around it. */
  readonly isOuter: boolean;
}

export type Cell = string | number | boolean | null;

/** A list of an answer. Each row has the scalars of an item, of the objects in it, and of the rows around it. */
export interface ResultList {
  /** Names of the fields that lead to it: `strategy › iterations › daily`. */
  readonly name: string;
  /** Name of the items' type; null if unknown. */
  readonly type: string | null;
  readonly columns: readonly Column[];
  /** Cells in the order of the columns. */
  readonly rows: readonly (readonly Cell[])[];
}

type Json = null | string | number | boolean | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [key: string]: Json;
}

interface Value extends Omit<Column, 'name' | 'kind'> {
  readonly cell: Cell;
  /** Null: unknown, as the value is null. */
  readonly kind: ColumnKind | null;
}

type Row = ReadonlyMap<string, Value>;

interface GrowingList {
  readonly name: string;
  readonly type: string | null;
  readonly rows: Row[];
}

/** Lists by their names. An object that is not in a list is one of one row. */
interface Lists {
  readonly lists: Map<string, GrowingList>;
  readonly single: Map<string, GrowingList>;
}

/**
 * All lists of an answer, outer ones first; then objects that are not in a list, as lists of one row. The parts of a connection
 * (`nodes`, `edges`, `node`) are left out of the names, and cursors of the columns.
 *
 * @param shape the types of the answer; null: columns are classified by their values.
 */
export function listsOf(data: unknown, shape: Shape | null): ResultList[] {
  if (!isObject(data)) return [];
  const found: Lists = { lists: new Map(), single: new Map() };
  for (const [key, value] of Object.entries(data)) {
    const field = shape?.fields.get(key) ?? null;
    const items = itemsOf(value, field);
    if (items) visitItems(found, [key], items, new Map());
    const object = items ? withoutItems(value) : isObject(value) ? value : { [key]: value };
    // The list is below its own name already.
    if (isObject(value) || !items)
      visitRow(found, { path: [key], into: found.single, outer: new Map() }, object, field);
  }
  return [...found.lists.values(), ...found.single.values()]
    .map(finish)
    .filter(({ columns, rows }) => columns.length > 0 || rows.length === 0);
}

interface Place {
  readonly path: readonly string[];
  /** Where its row is added. */
  readonly into: Map<string, GrowingList>;
  /** Values of the rows around it. */
  readonly outer: Row;
}

/** Adds the row of an object, and the rows of the lists in it. */
function visitRow(found: Lists, { path, into, outer }: Place, object: JsonObject, shape: Shape | null): void {
  const own = new Map<string, Value>();
  const inner: { readonly path: readonly string[]; readonly items: Items }[] = [];
  const collect = (part: JsonObject, of: Shape | null, below: readonly string[]): void => {
    for (const [key, value] of Object.entries(part)) {
      const field = of?.fields.get(key) ?? null;
      const names = [...below, key];
      const items = itemsOf(value, field);
      if (items) inner.push({ path: [...path, ...names], items });
      if (isObject(value)) collect(items ? withoutItems(value) : value, field, names);
      else if (!items && !isAbsentObject(value, field)) own.set(names.join('.'), toValue(value, field));
    }
  };
  collect(object, shape, []);
  if (own.size > 0) listAt(into, path, shape).rows.push(new Map([...own, ...outer]));
  // The nearest rows first.
  const around = new Map<string, Value>();
  for (const [name, value] of own) around.set(`${path.at(-1)}: ${name}`, { ...value, isOuter: true });
  for (const [name, value] of outer) around.set(name, value);
  for (const each of inner) visitItems(found, each.path, each.items, around);
}

function visitItems(found: Lists, path: readonly string[], { items, shape }: Items, outer: Row): void {
  listAt(found.lists, path, shape);
  for (const item of items) if (isObject(item)) visitRow(found, { path, into: found.lists, outer }, item, shape);
}

interface Items {
  readonly items: readonly Json[];
  /** Of an item. */
  readonly shape: Shape | null;
}

/** The items of a list of objects or of a connection; null if the value is neither. */
function itemsOf(value: Json | undefined, shape: Shape | null): Items | null {
  if (Array.isArray(value)) return isListOfObjects(value, shape) ? { items: value, shape } : null;
  if (!isObject(value)) return null;
  const { nodes, edges } = value;
  if (Array.isArray(nodes)) return { items: nodes, shape: shape?.fields.get('nodes') ?? null };
  if (!Array.isArray(edges)) return null;
  const items = edges.flatMap((edge) => (isObject(edge) && isObject(edge.node) ? [edge.node] : []));
  return { items, shape: shape?.fields.get('edges')?.fields.get('node') ?? null };
}

const isListOfObjects = (value: readonly Json[], shape: Shape | null): boolean =>
  value.length > 0 ? value.some(isObject) : (shape?.fields.size ?? 0) > 0;

const itemParts: ReadonlySet<string> = new Set(['nodes', 'edges', 'pageInfo']);

/** What a connection has besides its items: totals. Nothing of a plain list. */
const withoutItems = (connection: Json | undefined): JsonObject =>
  isObject(connection) ? Object.fromEntries(Object.entries(connection).filter(([key]) => !itemParts.has(key))) : {};

/** An object that is null has no columns: other rows have them. */
const isAbsentObject = (value: Json, shape: Shape | null): boolean => value === null && (shape?.fields.size ?? 0) > 0;

const kindsOfTypes: Readonly<Record<string, ColumnKind>> = {
  Int: 'number',
  Float: 'number',
  Decimal: 'number',
  Seconds: 'number',
  Microseconds: 'number',
  Boolean: 'boolean',
  Day: 'day',
  DateTime: 'instant',
};

function toValue(value: Exclude<Json, JsonObject>, shape: Shape | null): Value {
  const type = shape?.type ?? null;
  if (Array.isArray(value)) return { cell: value.map(textOf).join(', '), kind: 'text', type, isOuter: false };
  const cell = value as Cell;
  return { cell, kind: type === null ? kindOf(cell) : (kindsOfTypes[type] ?? 'text'), type, isOuter: false };
}

const textOf = (value: Json): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function kindOf(cell: Cell): ColumnKind | null {
  if (cell === null) return null;
  if (typeof cell === 'number') return 'number';
  return typeof cell === 'boolean' ? 'boolean' : 'text';
}

function listAt(lists: Map<string, GrowingList>, path: readonly string[], shape: Shape | null): GrowingList {
  const name = path.join(' › ');
  const list = lists.get(name) ?? { name, type: shape?.type ?? null, rows: [] };
  lists.set(name, list);
  return list;
}

/** Own columns first, each where it first appears. */
function finish({ name, type, rows }: GrowingList): ResultList {
  const known = new Map<string, Column>();
  for (const row of rows) {
    for (const [column, { kind, type, isOuter }] of row) {
      const before = known.get(column);
      if (!before || (before.type === null && kind !== null))
        known.set(column, { name: column, kind: kind ?? 'text', type, isOuter });
    }
  }
  const all = [...known.values()];
  const columns = [...all.filter(({ isOuter }) => !isOuter), ...all.filter(({ isOuter }) => isOuter)];
  return { name, type, columns, rows: rows.map((row) => columns.map((column) => row.get(column.name)?.cell ?? null)) };
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
