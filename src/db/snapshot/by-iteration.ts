import { compareIds } from '../../domain/ids.ts';
import { eachIndex, groupIndexes, rowsPerStep, type Steps, sorted } from './steps.ts';

/** Which iterations and days of a daily table. */
export interface DailyFilter {
  readonly iterationIds: readonly string[] | null;
  readonly strategyIds: readonly string[] | null;
  /** Days since 1970, half-open. */
  readonly fromDay: number;
  readonly toDay: number;
}

/** Whether a filter lets all days of an iteration through. */
export const isUnbounded = ({ fromDay, toDay }: DailyFilter): boolean =>
  fromDay === Number.NEGATIVE_INFINITY && toDay === Number.POSITIVE_INFINITY;

/** Limits a look-up to an iteration or a strategy; undefined: any. */
export interface IterationKey {
  readonly iterationId?: string | undefined;
  readonly strategyId?: string | undefined;
}

/** An iteration of a daily table, and its first row. */
export interface IterationStart {
  readonly id: string;
  readonly strategyId: string;
  readonly start: number;
}

interface Parts extends Pick<ByIteration, 'iterationIds' | 'strategyIds' | 'strategyOf' | 'starts'> {
  readonly days: Int32Array;
  readonly iterations: ReadonlyMap<string, number>;
  readonly ofStrategies: ReadonlyMap<string, number[]>;
}

/** Where the rows of each iteration are in a daily table, which is in the order of iterations and their days. */
export class ByIteration {
  /** The ids of the iterations that have rows, ascending as numbers, as are those of their strategies. */
  readonly iterationIds: readonly string[];
  readonly strategyIds: readonly string[];
  /** The index of each iteration's strategy. */
  readonly strategyOf: Int32Array;
  /** Where the rows of each iteration begin, and the number of all rows. */
  readonly starts: Int32Array;
  /** Iterations and rows that were looked at so far: how much requests were held up. */
  work = 0;
  readonly #days: Int32Array;
  readonly #iterations: ReadonlyMap<string, number>;
  /** Each strategy's iterations. */
  readonly #ofStrategies: ReadonlyMap<string, number[]>;

  private constructor(parts: Parts) {
    this.#days = parts.days;
    this.iterationIds = parts.iterationIds;
    this.starts = parts.starts;
    this.#iterations = parts.iterations;
    this.#ofStrategies = parts.ofStrategies;
    this.strategyIds = parts.strategyIds;
    this.strategyOf = parts.strategyOf;
  }

  /** @param days of the rows. */
  static *of(iterations: readonly IterationStart[], days: Int32Array): Steps<ByIteration> {
    const count = iterations.length;
    const iterationIds: string[] = [];
    const indexes = new Map<string, number>();
    const starts = new Int32Array(count + 1);
    starts[count] = days.length;
    yield* eachIndex(count, (index) => {
      const { id, start } = iterations[index] as IterationStart;
      iterationIds.push(id);
      indexes.set(id, index);
      starts[index] = start;
    });
    const ofStrategies = yield* groupIndexes(count, (index) => (iterations[index] as IterationStart).strategyId);
    const strategies = [...ofStrategies.keys()];
    const compare = (one: number, other: number) => compareIds(strategies[one] as string, strategies[other] as string);
    const order = yield* sorted(Int32Array.from(strategies.keys()), compare);
    const strategyIds = Array.from(order, (index) => strategies[index] as string);
    const strategyOf = new Int32Array(count);
    yield* eachIndex(strategyIds.length, (strategy) => {
      for (const iteration of ofStrategies.get(strategyIds[strategy] as string) ?? []) strategyOf[iteration] = strategy;
    });
    return new ByIteration({ iterationIds, strategyIds, strategyOf, starts, days, iterations: indexes, ofStrategies });
  }

  /** Calls `visit` with the rows `from` to `to` (exclusive) of all iterations. */
  *all(visit: (from: number, to: number, iteration: number) => void): Steps<void> {
    let looked = 0;
    for (let iteration = 0; iteration < this.iterationIds.length; iteration += 1) {
      const [from, to] = [this.starts[iteration] as number, this.starts[iteration + 1] as number];
      visit(from, to, iteration);
      looked += 1 + to - from;
      if (looked < rowsPerStep) continue;
      looked = 0;
      yield;
    }
  }

  indexOf(iterationId: string): number | undefined {
    return this.#iterations.get(iterationId);
  }

  /** Calls `visit` with the rows `from` to `to` (exclusive) of each iteration that has any. */
  each(filter: DailyFilter, key: IterationKey, visit: (from: number, to: number, iteration: number) => void): void {
    for (const iteration of this.#plain(filter, key) ?? this.#matching(filter, key)) {
      this.work += 1;
      const [begin, end] = [this.starts[iteration] as number, this.starts[iteration + 1] as number];
      const from = this.#firstFrom(filter.fromDay, begin, end);
      const to = this.#firstFrom(filter.toDay, from, end);
      if (from < to) visit(from, to, iteration);
    }
  }

  /** The number of rows of these iterations and days. */
  count(filter: DailyFilter, key: IterationKey): number {
    let rows = 0;
    this.each(filter, key, (from, to) => {
      rows += to - from;
    });
    return rows;
  }

  /** The iterations of a key alone, which need no test; null: there are other conditions. */
  #plain(
    { iterationIds, strategyIds }: DailyFilter,
    { iterationId, strategyId }: IterationKey,
  ): readonly number[] | null {
    if (iterationIds !== null || strategyIds !== null) return null;
    if (iterationId === undefined) return strategyId === undefined ? null : (this.#ofStrategies.get(strategyId) ?? []);
    const iteration = this.#iterations.get(iterationId);
    return strategyId !== undefined ? null : iteration === undefined ? [] : [iteration];
  }

  *#matching({ iterationIds, strategyIds }: DailyFilter, key: IterationKey): Generator<number> {
    const candidates = this.#candidates(iterationIds, strategyIds, key);
    this.work += (candidates ?? this.iterationIds).length;
    // A set pays only if it is used often.
    const isFew = candidates !== null && candidates.length < 10;
    const lists = [iterationIds, strategyIds].map((list) => (list && !isFew ? new Set(list) : list));
    const [byIteration = null, byStrategy = null] = lists.map(
      (list) =>
        list && ((id: string) => (list instanceof Set ? list.has(id) : (list as readonly string[]).includes(id))),
    );
    const isAsked = (iteration: number): boolean => {
      const id = this.iterationIds[iteration] as string;
      const strategy = this.strategyIds[this.strategyOf[iteration] as number] as string;
      return (
        (key.iterationId === undefined || key.iterationId === id) &&
        (key.strategyId === undefined || key.strategyId === strategy) &&
        (byIteration === null || byIteration(id)) &&
        (byStrategy === null || byStrategy(strategy))
      );
    };
    if (candidates) {
      for (const iteration of candidates) if (isAsked(iteration)) yield iteration;
    } else {
      for (let each = 0; each < this.iterationIds.length; each += 1) if (isAsked(each)) yield each;
    }
  }

  /** Iterations outside of which nothing can match, each once; null: all. */
  #candidates(
    iterationIds: readonly string[] | null,
    strategyIds: readonly string[] | null,
    { iterationId, strategyId }: IterationKey,
  ): readonly number[] | null {
    if (iterationId !== undefined) return this.#iterationsWith([iterationId]);
    if (strategyId !== undefined) return this.#ofStrategies.get(strategyId) ?? [];
    if (iterationIds) return this.#iterationsWith(iterationIds);
    return strategyIds && [...new Set(strategyIds)].flatMap((id) => this.#ofStrategies.get(id) ?? []);
  }

  #iterationsWith(ids: readonly string[]): readonly number[] {
    return [...new Set(ids)].flatMap((id) => this.#iterations.get(id) ?? []);
  }

  /** The first row of an iteration that is not before a day. */
  #firstFrom(day: number, begin: number, end: number): number {
    if (day === Number.NEGATIVE_INFINITY) return begin;
    if (day === Number.POSITIVE_INFINITY) return end;
    let [low, high] = [begin, end];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#days[middle] as number) < day) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
