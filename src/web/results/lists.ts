import type { Owner } from './cut-lists.ts';
import { type Extent, worst } from './extent.ts';
import {
  addCell,
  type GrowingColumn,
  type GrowingList,
  listAt,
  noOuter,
  type Outer,
  toResultList,
} from './growing-list.ts';
import type { Cell } from './kinds.ts';
import { type Items, isAbsentObject, isObject, itemsOf, type JsonObject, withoutItems } from './list-items.ts';
import type { ResultList } from './result-list.ts';
import type { Shape } from './shape.ts';

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
