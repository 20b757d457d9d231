import { tenThousandths } from '../../domain/decimal.ts';
import { compareIds } from '../../domain/ids.ts';
import type { MetricsValues } from '../types.ts';
import { noValues } from '../values.ts';

/** How much the metrics of an iteration differ: absolute differences. */
export interface Change {
  readonly conversions: number;
  /** In ten-thousandths. */
  readonly payout: bigint;
  readonly clicks: number;
}

/** The place of an iteration in the order of changes. */
export interface ChangePosition extends Change {
  readonly iterationId: string;
}

/** The difference between two values of an iteration; null counts as zeros. */
export class ValuesChange implements ChangePosition {
  readonly iterationId: string;
  readonly conversions: number;
  readonly clicks: number;
  readonly #one: MetricsValues;
  readonly #other: MetricsValues;
  #payout: bigint | null = null;

  constructor(iterationId: string, one: MetricsValues | null, other: MetricsValues | null) {
    this.iterationId = iterationId;
    this.#one = one ?? noValues;
    this.#other = other ?? noValues;
    this.conversions = Math.abs(this.#one.conversions - this.#other.conversions);
    this.clicks = Math.abs(this.#one.clicks - this.#other.clicks);
  }

  /** Computed when it is needed: most rows of a large plan are ordered by their conversions. */
  get payout(): bigint {
    if (this.#payout === null) {
      const difference = tenThousandths(this.#one.payout) - tenThousandths(this.#other.payout);
      this.#payout = difference < 0n ? -difference : difference;
    }
    return this.#payout;
  }
}

/**
 * The order of changes: the largest change of conversions first, then of the payout, then of clicks. Iterations with the same
 * change are in the numeric order of their ids.
 */
export function compareChanges(one: ChangePosition, other: ChangePosition): number {
  if (one.conversions !== other.conversions) return other.conversions - one.conversions;
  if (one.payout !== other.payout) return other.payout > one.payout ? 1 : -1;
  if (one.clicks !== other.clicks) return other.clicks - one.clicks;
  return compareIds(one.iterationId, other.iterationId);
}

interface Entry<Row> {
  readonly row: Row;
  readonly change: ChangePosition;
}

/** Keeps the first rows after a position in the order of changes, whatever the order in which they come. */
export class LargestChanges<Row> {
  readonly #size: number;
  readonly #after: ChangePosition | null;
  /** A heap: the last in the order is first. */
  readonly #heap: Entry<Row>[] = [];
  #seen = 0;

  /**
   * @param size the maximum number of rows.
   * @param after only rows after this position; null: from the first.
   */
  constructor(size: number, after: ChangePosition | null = null) {
    this.#size = size;
    this.#after = after;
  }

  add(row: Row, change: ChangePosition): void {
    if (this.#after !== null && compareChanges(this.#after, change) >= 0) return;
    this.#seen += 1;
    const [last] = this.#heap;
    if (this.#heap.length < this.#size) this.#raise({ row, change });
    else if (last !== undefined && compareChanges(change, last.change) < 0) this.#replaceLast({ row, change });
  }

  /** Whether more rows follow those that were kept. */
  get hasMore(): boolean {
    return this.#seen > this.#heap.length;
  }

  /** In the order of changes. */
  entries(): Entry<Row>[] {
    return this.#heap.toSorted((one, other) => compareChanges(one.change, other.change));
  }

  #raise(entry: Entry<Row>): void {
    let place = this.#heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isLater(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #replaceLast(entry: Entry<Row>): void {
    this.#heap[0] = entry;
    for (let place = 0; ; ) {
      let last = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#heap.length && this.#isLater(child, last)) last = child;
      }
      if (last === place) return;
      this.#swap(place, last);
      place = last;
    }
  }

  #isLater(left: number, right: number): boolean {
    return compareChanges(this.#at(left).change, this.#at(right).change) > 0;
  }

  #swap(left: number, right: number): void {
    [this.#heap[left], this.#heap[right]] = [this.#at(right), this.#at(left)];
  }

  #at(place: number): Entry<Row> {
    return this.#heap[place] as Entry<Row>;
  }
}

/** A page of rows in the order of changes, the largest first. */
export interface ChangePage<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  /** The places of the first and the last row; null if there is no row. */
  readonly firstPosition: ChangePosition | null;
  readonly lastPosition: ChangePosition | null;
}

/** The rows that were kept, as a page. */
export function changePage<Row>(largest: LargestChanges<Row>): ChangePage<Row> {
  const entries = largest.entries();
  return {
    rows: entries.map(({ row }) => row),
    hasNextPage: largest.hasMore,
    firstPosition: positionOf(entries[0]),
    lastPosition: positionOf(entries.at(-1)),
  };
}

/** A plain object, which can be sent to another thread. */
function positionOf(entry: Entry<unknown> | undefined): ChangePosition | null {
  if (entry === undefined) return null;
  const { iterationId, conversions, payout, clicks } = entry.change;
  return { iterationId, conversions, payout, clicks };
}
