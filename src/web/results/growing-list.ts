import type { Extent, Page } from './extent.ts';
import { type Cell, type ColumnKind, kindOf, kindsOfTypes } from './kinds.ts';
import type { Json, JsonObject } from './list-items.ts';
import type { Column, ResultList } from './result-list.ts';
import type { Shape } from './shape.ts';

/** A column while rows are added. Null as its kind: all values so far are null. */
export type GrowingColumn = Omit<Column, 'kind'> & { kind: ColumnKind | null };

/** Values of the rows around a row, by the names of their columns. Rows of the same place share it. */
export type Outer = ReadonlyMap<string, { readonly column: GrowingColumn; readonly cell: Cell }>;

/** What is known of a list while rows are added. */
type GrowingPage = { -readonly [Key in Exclude<keyof Page, 'isFromStart'>]: Page[Key] };

/** Columns and cells instead of an object for each value: an answer can have a million values. */
export interface GrowingList extends GrowingPage {
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

export const noOuter: Outer = new Map();

export function listAt(
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

/** Adds a value to a row, and to its list the column if that is new. */
export function addCell(
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

const textOf = (value: Json): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Own columns first, each where it first appears. Values of the rows around are read once for all rows that share them. */
export function toResultList(list: GrowingList, isSingle: boolean): ResultList {
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
