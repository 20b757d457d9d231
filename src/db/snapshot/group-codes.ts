import { compareIds, isWholeNumber } from '../../domain/ids.ts';
import { dayNumber, dayText, isDay } from '../../domain/instant.ts';
import type { Position } from '../cursor.ts';

/** One dimension's values in their order, each as an index from 0. `count` is the index of null. */
export interface Axis {
  readonly count: number;
  readonly text: (index: number) => string;
  /**
   * Where a value is, or, if no row has it, where it would be: the index of the next value. Undefined: only the warehouse can
   * compare it.
   */
  readonly find: (value: string) => { readonly index: number; readonly isExact: boolean } | undefined;
}

/** Ids in ascending order, as numbers. */
export const idAxis = (ids: readonly string[]): Axis => ({
  count: ids.length,
  text: (index) => ids[index] as string,
  find: (value) => {
    if (!isWholeNumber(value)) return undefined;
    let [low, high] = [0, ids.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIds(ids[middle] as string, value) < 0) low = middle + 1;
      else high = middle;
    }
    return { index: low, isExact: ids[low] === value };
  },
});

/** Texts in the warehouse's order. It alone knows where another text would be. */
export function textAxis(texts: readonly string[]): Axis {
  const indexes = new Map(texts.map((text, index) => [text, index]));
  return {
    count: texts.length,
    text: (index) => texts[index] as string,
    find: (value) => {
      const index = indexes.get(value);
      return index === undefined ? undefined : { index, isExact: true };
    },
  };
}

/** The days from one to another, both included. */
export const dayAxis = (first: number, last: number): Axis => ({
  count: Math.max(0, last - first + 1),
  text: (index) => dayText(first + index),
  find: (value) => {
    const day = isDay(value) ? dayNumber(value) : null;
    if (day === null) return undefined;
    const index = Math.min(Math.max(day - first, 0), Math.max(0, last - first + 1));
    return { index, isExact: day === first + index && day <= last };
  },
});

/**
 * Keys of groups as single numbers, which sort as the keys do: by the first dimension, then the second. In each, nulls come
 * last, in both directions.
 */
export class GroupCodes {
  readonly #axes: readonly Axis[];
  readonly #isReversed: boolean;

  constructor(axes: readonly Axis[], direction: 'ASC' | 'DESC') {
    this.#axes = axes;
    this.#isReversed = direction === 'DESC';
  }

  /** The number of codes. */
  get size(): number {
    return this.#axes.reduce((product, { count }) => product * (count + 1), 1);
  }

  /** Whether each key has a number of its own. */
  get isExact(): boolean {
    return this.size < Number.MAX_SAFE_INTEGER;
  }

  /** What the value of a dimension adds to the code, for each value. */
  terms(dimension: number): Float64Array {
    const { count } = this.#axes[dimension] as Axis;
    const weight = this.#axes.slice(dimension + 1).reduce((product, axis) => product * (axis.count + 1), 1);
    return Float64Array.from({ length: count + 1 }, (_, index) => weight * this.#place(dimension, index));
  }

  #place(dimension: number, index: number): number {
    const { count } = this.#axes[dimension] as Axis;
    return this.#isReversed && index < count ? count - 1 - index : index;
  }

  /** The key of a code. */
  keyOf(code: number): (string | null)[] {
    const key: (string | null)[] = [];
    let rest = code;
    for (const { count, text } of this.#axes.toReversed()) {
      const own = rest % (count + 1);
      rest = Math.floor(rest / (count + 1));
      key.push(own === count ? null : text(this.#isReversed ? count - 1 - own : own));
    }
    return key.reverse();
  }

  /** The lowest code after a key; undefined if only the warehouse knows. */
  after(key: Position): number | undefined {
    let code = 0;
    let isBeyond = false;
    for (const [dimension, { count, find }] of this.#axes.entries()) {
      const value = key[dimension] ?? null;
      const found = value === null ? { index: count, isExact: true } : find(value);
      if (found === undefined) return undefined;
      if (isBeyond) code *= count + 1;
      else if (found.isExact) code = code * (count + 1) + this.#place(dimension, found.index);
      else {
        // All keys from the next value on come after it. Carries into the dimension before, if there is none.
        code = code * (count + 1) + (this.#isReversed ? count - found.index : found.index);
        isBeyond = true;
      }
    }
    return isBeyond ? code : code + 1;
  }
}
