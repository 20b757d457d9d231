import { compareIds, isWholeNumber } from '../../domain/ids.ts';
import { cut, type Page, type PageRequest } from '../page.ts';
import type { Order } from '../warehouse/order.ts';
import { eachIndex, type Steps, sorted } from './steps.ts';

/** A sort field of a table in memory. */
export interface SortField<Row> {
  readonly value: (row: Row) => string | null;
  /**
   * Compares two values; null: the order is the warehouse's own (its collation), and `ranks` has it: for each row its place,
   * from 0, in the order by value, nulls last, then id.
   */
  readonly compare: ((one: string, other: string) => number) | null;
  readonly ranks?: Int32Array;
  /** Whether a value of a cursor can be compared. Others are left to the warehouse. */
  readonly isComparable: (value: string) => boolean;
}

/** Which rows a filter matches. */
export interface RowFilter<Row> {
  /** The only rows that can match, each once; null: any. */
  readonly candidates: readonly number[] | null;
  readonly matches: (row: Row) => boolean;
}

/** Rows in an order by value, nulls last, then id. Nulls stay last if the order is reversed. */
class Ranking<Row extends { readonly id: string }> {
  readonly #rows: readonly Row[];
  /** Null: by id only. */
  readonly #field: SortField<Row> | null;
  /** The rows' indexes in ascending order. */
  readonly #order: Int32Array;
  /** How many rows have a value. */
  readonly #known: number;
  #ranks: Int32Array | null = null;

  private constructor(rows: readonly Row[], field: SortField<Row> | null, order: Int32Array, known: number) {
    this.#rows = rows;
    this.#field = field;
    this.#order = order;
    this.#known = known;
  }

  static *of<Row extends { readonly id: string }>(
    rows: readonly Row[],
    field: SortField<Row> | null,
  ): Steps<Ranking<Row>> {
    const order = yield* ranked(rows, field);
    let known = field === null ? rows.length : 0;
    if (field !== null)
      yield* eachIndex(rows.length, (index) => {
        if (field.value(rows[index] as Row) !== null) known += 1;
      });
    return new Ranking(rows, field, order, known);
  }

  /** The row at a place of the order in a direction. */
  at(place: number, direction: 'ASC' | 'DESC'): number {
    return this.#order[direction === 'ASC' ? place : this.#mirrored(place)] as number;
  }

  /** The place of a row. */
  placeOf(row: number, direction: 'ASC' | 'DESC'): number {
    this.#ranks ??= inverse(this.#order);
    const rank = this.#ranks[row] as number;
    return direction === 'ASC' ? rank : this.#mirrored(rank);
  }

  /** The place of the first row after a position; undefined: only the warehouse knows. */
  after(position: readonly (string | null)[], direction: 'ASC' | 'DESC', indexOf: (id: string) => number | undefined) {
    const [id = null, value] = this.#field === null ? [position[0]] : [position[1], position[0] ?? null];
    if (id === null || !isWholeNumber(id)) return undefined;
    const field = this.#field;
    if (field && typeof value === 'string' && !field.isComparable(value)) return undefined;
    if (field?.compare === null && typeof value === 'string') {
      // A row that this build does not have, or not with this value, has no rank.
      const row = indexOf(id);
      if (row === undefined || field.value(this.#rows[row] as Row) !== value) return undefined;
      return this.placeOf(row, direction) + 1;
    }
    const [from, to] = value === null ? [this.#known, this.#order.length] : [0, this.#known];
    const compare = (row: Row) => this.#compare(row, value, id);
    // Ascending, the rows up to the position are skipped; descending, those from it on, counted from the end.
    const skipped = search(from, to, (place) => compare(this.#rows[this.#order[place] as number] as Row), direction);
    return direction === 'ASC' ? skipped : from + (to - skipped);
  }

  #compare(row: Row, value: string | null | undefined, id: string): number {
    const field = this.#field;
    const own = field?.value(row) ?? null;
    const byValue = own === null || typeof value !== 'string' ? 0 : (field?.compare?.(own, value) ?? 0);
    return byValue || compareIds(row.id, id);
  }

  #mirrored(place: number): number {
    return place < this.#known ? this.#known - 1 - place : this.#known + this.#order.length - 1 - place;
  }
}

/** The first place from which on rows are above a position; for DESC, at or above it. */
function search(from: number, to: number, compare: (place: number) => number, direction: 'ASC' | 'DESC'): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compare(middle);
    if (order < 0 || (order === 0 && direction === 'ASC')) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* ranked<Row extends { readonly id: string }>(
  rows: readonly Row[],
  field: SortField<Row> | null,
): Steps<Int32Array> {
  const order = new Int32Array(rows.length);
  for (let index = 0; index < order.length; index += 1) order[index] = index;
  if (field === null) return order;
  const { ranks, value, compare } = field;
  if (compare === null) return ranks ? inverse(ranks) : order;
  const valueAt = (index: number) => value(rows[index] as Row);
  return yield* sorted(order, (one, other) => {
    const [first, second] = [valueAt(one), valueAt(other)];
    // Rows are in the order of their ids, so an index breaks a tie.
    if (first === null || second === null) return Number(first === null) - Number(second === null) || one - other;
    return compare(first, second) || one - other;
  });
}

function inverse(order: Int32Array): Int32Array {
  const ranks = new Int32Array(order.length);
  for (let place = 0; place < order.length; place += 1) ranks[order[place] as number] = place;
  return ranks;
}

/** A table in memory: rows by id, and pages of rows in the orders of its fields. */
export class RowTable<Row extends { readonly id: string }, Field extends string> {
  readonly rows: readonly Row[];
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #rankings: ReadonlyMap<Field | 'ID', Ranking<Row>>;

  private constructor(
    rows: readonly Row[],
    indexes: ReadonlyMap<string, number>,
    rankings: ReadonlyMap<Field | 'ID', Ranking<Row>>,
  ) {
    this.rows = rows;
    this.#indexes = indexes;
    this.#rankings = rankings;
  }

  /**
   * All orders are made at once: if the first request that needs one made it, all others would wait for that.
   *
   * @param rows ascending by id.
   */
  static *of<Row extends { readonly id: string }, Field extends string>(
    rows: readonly Row[],
    fields: Readonly<Record<Field, SortField<Row>>>,
  ): Steps<RowTable<Row, Field>> {
    const indexes = new Map<string, number>();
    yield* eachIndex(rows.length, (index) => void indexes.set((rows[index] as Row).id, index));
    const rankings = new Map<Field | 'ID', Ranking<Row>>([['ID', yield* Ranking.of(rows, null)]]);
    for (const name of Object.keys(fields) as Field[]) rankings.set(name, yield* Ranking.of(rows, fields[name]));
    return new RowTable(rows, indexes, rankings);
  }

  byId(id: string): Row | null {
    const index = this.#indexes.get(id);
    return index === undefined ? null : (this.rows[index] ?? null);
  }

  /** The indexes of the rows with these ids, each once. */
  indexesOf(ids: readonly string[]): number[] {
    return [...new Set(ids)].flatMap((id) => this.#indexes.get(id) ?? []);
  }

  /** A page of the rows that match a filter; undefined if its position can't be compared here. */
  page(filter: RowFilter<Row>, order: Order<Field | 'ID'>, { first, after }: PageRequest): Page<Row> | undefined {
    const { direction } = order;
    const ranking = this.#rankings.get(order.field) as Ranking<Row>;
    const start = after === null ? 0 : ranking.after(after, direction, (id) => this.#indexes.get(id));
    if (start === undefined) return undefined;
    const found: Row[] = [];
    const take = (index: number): boolean => {
      const row = this.rows[index] as Row;
      if (filter.matches(row)) found.push(row);
      return found.length > first;
    };
    if (filter.candidates) {
      const places = filter.candidates
        .map((index) => ranking.placeOf(index, direction))
        .filter((each) => each >= start);
      for (const place of places.sort((one, other) => one - other)) if (take(ranking.at(place, direction))) break;
    } else {
      for (let place = start; place < this.rows.length; place += 1) if (take(ranking.at(place, direction))) break;
    }
    return cut(found, first);
  }

  count({ candidates, matches }: RowFilter<Row>): number {
    let count = 0;
    if (candidates) for (const index of candidates) count += Number(matches(this.rows[index] as Row));
    else for (const row of this.rows) count += Number(matches(row));
    return count;
  }
}
