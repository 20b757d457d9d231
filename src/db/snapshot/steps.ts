import { setImmediate } from 'node:timers/promises';

/** Work on many rows that yields every thousand of them or so, so that requests need not wait for its end. */
export type Steps<Result> = Generator<void, Result, void>;

/** The rows of a step: some tenths of a millisecond. */
export const rowsPerStep = 1_000;

/** How long steps may follow each other, in milliseconds. */
const turnMilliseconds = 2;

/**
 * Does work, and lets requests have their turn in between.
 *
 * @param check called before each step. It ends the work if it throws.
 */
export async function inTurns<Result>(work: Steps<Result>, check: () => void = () => {}): Promise<Result> {
  let since = performance.now();
  for (;;) {
    check();
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - since < turnMilliseconds) continue;
    await setImmediate();
    since = performance.now();
  }
}

/** Does work without a break. */
export function atOnce<Result>(work: Steps<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Calls `visit` with each index below a number. */
export function* eachIndex(count: number, visit: (index: number) => void): Steps<void> {
  for (let from = 0; from < count; from += rowsPerStep) {
    const to = Math.min(from + rowsPerStep, count);
    for (let index = from; index < to; index += 1) visit(index);
    yield;
  }
}

/** The indexes below a number, by the key of each. */
export function* groupIndexes(count: number, keyOf: (index: number) => string): Steps<ReadonlyMap<string, number[]>> {
  const groups = new Map<string, number[]>();
  yield* eachIndex(count, (index) => {
    const key = keyOf(index);
    const known = groups.get(key);
    if (known) known.push(index);
    else groups.set(key, [index]);
  });
  return groups;
}

/** The same numbers in order. Sorts parts, then merges them: `Array.prototype.sort` can't pause. */
export function* sorted(numbers: Int32Array, compare: (one: number, other: number) => number): Steps<Int32Array> {
  const { length } = numbers;
  let [from, to] = [Int32Array.from(numbers), new Int32Array(length)];
  for (let at = 0; at < length; at += rowsPerStep) {
    from.subarray(at, at + rowsPerStep).sort(compare);
    yield;
  }
  for (let width = rowsPerStep; width < length; width *= 2) {
    for (let at = 0; at < length; at += 2 * width) {
      const [middle, end] = [Math.min(at + width, length), Math.min(at + 2 * width, length)];
      yield* merge(from, to, [at, middle, end], compare);
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Merges two sorted parts of `from`, which meet in the middle, into the same places of `to`. */
function* merge(
  from: Int32Array,
  to: Int32Array,
  [begin, middle, end]: readonly [number, number, number],
  compare: (one: number, other: number) => number,
): Steps<void> {
  let [one, other] = [begin, middle];
  for (let place = begin; place < end; place += 1) {
    const isOne = one < middle && (other >= end || compare(from[one] as number, from[other] as number) <= 0);
    to[place] = from[isOne ? one : other] as number;
    if (isOne) one += 1;
    else other += 1;
    if (place % rowsPerStep === 0) yield;
  }
}
