import type { Owner } from './cut-lists.ts';
import { type Extent, type Page, pageOfConnection, pageOfList, worst } from './extent.ts';
import { type Cell, type ColumnKind, kindOf, kindsOfTypes } from './kinds.ts';
import type { Shape } from './shape.ts';

export interface Column {
  /** Where the value is in its row: `metrics.payout`. That of a row around it: `iterations: name`. */
  readonly name: string;
  readonly kind: ColumnKind;
  /** Name of its type in the schema; null if unknown. */
  readonly type: string | null;
  /** Whether it belongs to the row around it. */
  readonly isOuter: boolean;
}

/** A list of an answer. Each row has the scalars of an item, of the objects in it, and of the rows around it. */
export interface ResultList extends Page {
  /** Names of the fields that lead to it: `strategy › iterations › daily`. */
  readonly name: string;
  /** Name of the items' type; null if unknown. */
  readonly type: string | null;
  /** Number of lists and objects around it. */
  readonly depth: number;
  /** Whether it is an object that is not in a list. */
  readonly isSingle: boolean;
  readonly columns: readonly Column[];
  /** Cells in the order of the columns. */
  readonly rows: readonly (readonly Cell[])[];
  /** Number of its items: some may have no values of their own, and so no row. */
  readonly count: number;
  /** That of it alone; `extent` is that of it and of the lists around it. */
  readonly ownExtent: Extent;
  /** Whether the argument `having` leaves rows out; null if unknown. */
  readonly hasBounds: boolean | null;
  /** Of its days; null if unknown. Instants are UTC. */
  readonly timeZone: string | null;
}

type Json = null | string | number | boolean | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [key: string]: Json;
}

/** A column while rows are added. Null as its kind: all values so far are null. */
type GrowingColumn = Omit<Column, 'kind'> & { kind: ColumnKind | null };

/** Values of the rows around a row, by the names of their columns. Rows of the same place share it. */
type Outer = ReadonlyMap<string, { readonly column: GrowingColumn; readonly cell: Cell }>;

/** What is known of a list while rows are added. */
type GrowingPage = { -readonly [Key in Exclude<keyof Page, 'isFromStart'>]: Page[Key] };

/** Columns and cells instead of an object for each value: an answer can have a million values. */
interface GrowingList extends GrowingPage {
  readonly name: string;
  readonly depth: number;
  readonly type: string | null;
  readonly columns: GrowingColumn[];
  readonly indexes: Map<string, number>;
  readonly rows: { readonly cells: readonly Cell[]; readonly outer: Outer }[];
  count: number;
  ownExtent: Extent;
  /** Null: it has no rows yet. */
  isFromStart: boolean | null;
  hasBounds: boolean | null;
  readonly timeZone: string | null;
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
 * @param shape the types and arguments of the answer; null: what was sent is not known. Columns without a type are classified by
 * their values.
 */
export function listsOf(data: unknown, shape: Shape | null): ResultList[] {
  if (!isObject(data)) return [];
  const found: Lists = { lists: new Map(), single: new Map() };
  for (const [key, value] of Object.entries(data)) {
    const field = shape?.fields.get(key) ?? null;
    const timeZone = field?.timeZone ?? shape?.timeZone ?? null;
    const items = itemsOf(value, field, null);
    if (items) visitItems(found, { path: [key], outer: noOuter, extent: 'complete', timeZone }, items);
    const object = items ? withoutItems(value) : isObject(value) ? value : { [key]: value };
    // The list is below its own name already.
    if (isObject(value) || !items)
      visitRow(
        found,
        {
          path: [key],
          list: listAt(found.single, [key], field, timeZone),
          outer: noOuter,
          extent: 'complete',
          timeZone,
        },
        object,
        field,
      );
  }
  const single = [...found.single.values()].filter(({ rows }) => rows.length > 0);
  return (
    [
      ...[...found.lists.values()].map((list) => toResultList(list, false)),
      ...single.map((list) => toResultList(list, true)),
    ]
      // What a connection has besides its rows has the name of the connection.
      .map((list) => (list.isSingle && found.lists.has(list.name) ? { ...list, name: `${list.name}: totals` } : list))
      .filter(({ columns, rows }) => columns.length > 0 || rows.length === 0)
  );
}

interface Place {
  readonly path: readonly string[];
  /** Where its row is added. */
  readonly list: GrowingList;
  readonly outer: Outer;
  /** Of the list and those around it. */
  readonly extent: Extent;
  /** Of its days, and of those of lists in it that have no time zone of their own. */
  readonly timeZone: string | null;
}

const noOuter: Outer = new Map();

/** Adds the row of an object, and the rows of the lists in it. */
function visitRow(found: Lists, place: Place, object: JsonObject, shape: Shape | null): void {
  const { path, list, outer, extent, timeZone } = place;
  const cells: Cell[] = [];
  const inner: { readonly path: readonly string[]; readonly items: Items }[] = [];
  const collect = (part: JsonObject, of: Shape | null, below: string, parent: Owner | null): void => {
    for (const [key, value] of Object.entries(part)) {
      const field = of?.fields.get(key) ?? null;
      const name = below + key;
      const owner = { object: part, shape: of, field: field?.name ?? key, parent };
      const items = itemsOf(value, field, owner);
      if (items) inner.push({ path: [...path, ...name.split('.')], items });
      if (isObject(value)) collect(items ? withoutItems(value) : value, field, `${name}.`, owner);
      else if (!items && !isAbsentObject(value, field)) addCell(list, cells, name, value, field?.type ?? null);
    }
  };
  collect(object, shape, '', null);
  if (cells.length > 0) list.rows.push({ cells, outer });
  if (inner.length === 0) return;
  // The nearest rows first.
  const around = new Map<string, { column: GrowingColumn; cell: Cell }>();
  for (const [index, column] of list.columns.entries())
    if (cells[index] !== undefined) around.set(`${path.at(-1)}: ${column.name}`, { column, cell: cells[index] });
  for (const [name, value] of outer) around.set(name, value);
  for (const each of inner) visitItems(found, { path: each.path, outer: around, extent, timeZone }, each.items);
}

/** Adds a value to a row, and to its list the column if that is new. */
function addCell(
  { columns, indexes }: GrowingList,
  cells: Cell[],
  name: string,
  value: Exclude<Json, JsonObject>,
  type: string | null,
): void {
  const cell = Array.isArray(value) ? value.map(textOf).join(', ') : (value as Cell);
  const kind = Array.isArray(value) ? 'text' : type === null ? kindOf(cell) : (kindsOfTypes[type] ?? 'text');
  const index = indexes.get(name) ?? columns.push({ name, kind, type, isOuter: false }) - 1;
  indexes.set(name, index);
  const column = columns[index];
  // Values of different kinds are texts.
  if (column && kind !== null && kind !== column.kind) column.kind = column.kind === null ? kind : 'text';
  while (cells.length < index) cells.push(null);
  cells[index] = cell;
}

function visitItems(found: Lists, place: Omit<Place, 'list'>, given: Items): void {
  const { path, outer, extent: outerExtent } = place;
  const { items, shape, page } = given;
  const timeZone = given.timeZone ?? place.timeZone;
  const extent = worst(outerExtent, page.extent);
  const list = listAt(found.lists, path, shape, timeZone);
  list.count += given.count;
  list.extent = worst(list.extent, extent);
  list.ownExtent = worst(list.ownExtent, page.extent);
  const isKnown = list.total !== null && page.total !== null && outerExtent === 'complete';
  list.total = isKnown ? (list.total ?? 0) + (page.total ?? 0) : null;
  list.isFromStart = list.isFromStart === null && page.isFromStart && outerExtent === 'complete';
  list.isAfterCursor ||= page.isAfterCursor;
  list.hasNext = list.hasNext === true || page.hasNext === true || (list.hasNext === null ? null : page.hasNext);
  list.doubt ??= page.doubt;
  list.hasBounds = list.hasBounds || given.hasBounds === false ? list.hasBounds : given.hasBounds;
  for (const item of items) if (isObject(item)) visitRow(found, { path, list, outer, extent, timeZone }, item, shape);
}

interface Items {
  readonly items: readonly Json[];
  /** Number of them, also of those that are null. */
  readonly count: number;
  /** Of an item. */
  readonly shape: Shape | null;
  readonly page: Page;
  readonly hasBounds: boolean | null;
  readonly timeZone: string | null;
}

/** Lists that `pageInfo` beside them cuts: the plan of a push has `rows`, and an alias can hide the parts of a connection. */
const pagedParts: ReadonlySet<string> = new Set(['rows', 'nodes', 'edges']);

/**
 * The items of a list of objects or of a connection; null if the value is neither.
 *
 * @param owner what it is in; null if that is the answer.
 */
function itemsOf(value: Json | undefined, shape: Shape | null, owner: Owner | null): Items | null {
  const argumentsOf = { hasBounds: shape?.hasBounds ?? null, timeZone: shape?.timeZone ?? null };
  if (Array.isArray(value)) {
    if (!isListOfObjects(value, shape)) return null;
    const rows = value.length;
    const isPaged =
      owner && pagedParts.has(owner.field) && (owner.shape?.first != null || isObject(owner.object.pageInfo));
    const page = isPaged
      ? pageOfConnection({ connection: owner.object, rows, shape: owner.shape, owner: owner.parent })
      : pageOfList(rows, shape, owner);
    return { items: value, count: rows, shape, page, ...argumentsOf };
  }
  if (!isObject(value)) return null;
  const { nodes, edges } = value;
  const pageOf = (rows: number): Page => pageOfConnection({ connection: value, rows, shape, owner });
  if (Array.isArray(nodes)) {
    const of = shape?.fields.get('nodes') ?? null;
    return { items: nodes, count: nodes.length, shape: of, page: pageOf(nodes.length), ...argumentsOf };
  }
  if (!Array.isArray(edges)) return null;
  const items = edges.flatMap((edge) => (isObject(edge) && isObject(edge.node) ? [edge.node] : []));
  const of = shape?.fields.get('edges')?.fields.get('node') ?? null;
  return { items, count: edges.length, shape: of, page: pageOf(edges.length), ...argumentsOf };
}

const isListOfObjects = (value: readonly Json[], shape: Shape | null): boolean =>
  value.length > 0 ? value.some(isObject) : (shape?.fields.size ?? 0) > 0;

const itemParts: ReadonlySet<string> = new Set(['nodes', 'edges', 'pageInfo']);

/** What a connection has besides its items: totals. Nothing of a plain list. */
const withoutItems = (connection: Json | undefined): JsonObject =>
  isObject(connection) ? Object.fromEntries(Object.entries(connection).filter(([key]) => !itemParts.has(key))) : {};

/** An object that is null has no columns: other rows have them. */
const isAbsentObject = (value: Json, shape: Shape | null): boolean => value === null && (shape?.fields.size ?? 0) > 0;

const textOf = (value: Json): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function listAt(
  lists: Map<string, GrowingList>,
  path: readonly string[],
  shape: Shape | null,
  timeZone: string | null,
): GrowingList {
  const name = path.join(' › ');
  const list = lists.get(name) ?? {
    name,
    depth: path.length - 1,
    type: shape?.type ?? null,
    columns: [],
    indexes: new Map(),
    rows: [],
    count: 0,
    extent: 'complete',
    ownExtent: 'complete',
    total: 0,
    isFromStart: null,
    isAfterCursor: false,
    hasNext: false,
    doubt: null,
    hasBounds: false,
    timeZone,
  };
  lists.set(name, list);
  return list;
}

/** Own columns first, each where it first appears. Values of the rows around are read once for all rows that share them. */
function toResultList(list: GrowingList, isSingle: boolean): ResultList {
  const { columns, rows, indexes: _, ...known } = list;
  const places = new Set(rows.map(({ outer }) => outer));
  const outerColumns = new Map<string, GrowingColumn>();
  for (const outer of places)
    for (const [name, { column }] of outer)
      if (!outerColumns.has(name)) outerColumns.set(name, { ...column, name, isOuter: true });
  const outerNames = [...outerColumns.keys()];
  const outerCells = new Map(
    [...places].map((outer) => [outer, outerNames.map((name) => outer.get(name)?.cell ?? null)]),
  );
  return {
    ...known,
    count: isSingle ? rows.length : known.count,
    isFromStart: known.isFromStart ?? true,
    isSingle,
    columns: [...columns, ...outerColumns.values()].map(({ kind, ...column }) => ({ ...column, kind: kind ?? 'text' })),
    rows: rows.map(({ cells, outer }) => {
      const missing = new Array<null>(columns.length - cells.length).fill(null);
      return [...cells, ...missing, ...(outerCells.get(outer) ?? [])];
    }),
  };
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
