/** Sums of conversions, one per index. */
export interface SumsOfGroups {
  readonly conversions: ArrayLike<number>;
  /** In ten-thousandths. No sum of them exceeds the integers that a double holds exactly. */
  readonly payouts: ArrayLike<number>;
  /** In microseconds since 1970. */
  readonly firsts: ArrayLike<number>;
  readonly lasts: ArrayLike<number>;
}

/** The same in columns. */
export interface SumColumns extends SumsOfGroups {
  readonly conversions: Uint32Array | Float64Array;
  readonly payouts: Float64Array;
  readonly firsts: Float64Array;
  readonly lasts: Float64Array;
}

/** The columns of `iteration_metrics_daily`. */
export interface MetricColumns extends SumColumns {
  /** Since 1970. */
  readonly days: Int32Array;
  /** Indexes of goals; their number: no goal. */
  readonly goals: Int32Array;
}

/** The slots of codes. */
interface Slots {
  get(code: number): number | undefined;
  set(code: number, slot: number): unknown;
}

/** A table of all codes is ten times faster than a map, while it is small: 16 MiB at most. */
const largestTable = 1 << 22;

/**
 * The rows that may be summed into groups at once. A sum blocks all requests meanwhile, about 20 ms for this many; the warehouse
 * does not.
 *
 * @param codes of the groups.
 */
export const maxRowsAtOnce = (codes: number): number => (codes <= largestTable ? 500_000 : 50_000);

class TableOfSlots implements Slots {
  /** 0: none; otherwise the slot plus 1. */
  readonly #slots: Int32Array;

  constructor(codes: number) {
    this.#slots = new Int32Array(codes);
  }

  get(code: number): number | undefined {
    const slot = this.#slots[code] as number;
    return slot === 0 ? undefined : slot - 1;
  }

  set(code: number, slot: number): void {
    this.#slots[code] = slot + 1;
  }
}

/** The sums of groups, in the order in which they were found. */
export class GroupSums implements SumsOfGroups {
  readonly codes: number[] = [];
  readonly conversions: number[] = [];
  readonly payouts: number[] = [];
  readonly firsts: number[] = [];
  readonly lasts: number[] = [];
  readonly #slots: Slots;
  /** The group of the row before, which is often that of the next one. */
  #last = { code: -1, slot: -1 };

  /** @param codes their number: all are below it. */
  constructor(codes: number) {
    this.#slots = codes <= largestTable ? new TableOfSlots(codes) : new Map<number, number>();
  }

  /** Adds a row of the columns to the group of a code. */
  add(code: number, { conversions, payouts, firsts, lasts }: SumColumns, row: number): void {
    const slot = this.#last.code === code ? this.#last.slot : this.#slotOf(code);
    this.conversions[slot] = (this.conversions[slot] as number) + (conversions[row] as number);
    this.payouts[slot] = (this.payouts[slot] as number) + (payouts[row] as number);
    const [first, last] = [firsts[row] as number, lasts[row] as number];
    if (first < (this.firsts[slot] as number)) this.firsts[slot] = first;
    if (last > (this.lasts[slot] as number)) this.lasts[slot] = last;
  }

  #slotOf(code: number): number {
    let slot = this.#slots.get(code);
    if (slot === undefined) {
      slot = this.codes.push(code) - 1;
      this.#slots.set(code, slot);
      this.conversions.push(0);
      this.payouts.push(0);
      this.firsts.push(Number.POSITIVE_INFINITY);
      this.lasts.push(Number.NEGATIVE_INFINITY);
    }
    this.#last = { code, slot };
    return slot;
  }
}

/** The first `limit` of the slots from 0 to `count` that are `included`, in order. Sorting all of them would take longer. */
export function firstInOrder(
  count: number,
  limit: number,
  included: (slot: number) => boolean,
  compare: (one: number, other: number) => number,
): number[] {
  const best: number[] = [];
  for (let slot = 0; slot < count; slot += 1) {
    if (!included(slot)) continue;
    if (best.length === limit && compare(slot, best[limit - 1] as number) > 0) continue;
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(best[middle] as number, slot) < 0) low = middle + 1;
      else high = middle;
    }
    best.splice(low, 0, slot);
    if (best.length > limit) best.pop();
  }
  return best;
}
