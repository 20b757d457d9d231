import { dayText } from '../../domain/instant.ts';
import type { ParentKey } from '../warehouse/list-query.ts';
import type { ClickFilter } from '../warehouse/queries/clicks.ts';
import type { MetricDimension } from '../warehouse/queries/dimensions.ts';
import { type ByIteration, type IterationKey, isUnbounded } from './by-iteration.ts';
import { maxRowsAtOnce } from './group-sums.ts';
import { daysOf } from './metric-query.ts';
import type { Steps } from './steps.ts';

/** `iteration_clicks_daily` in memory. An answer is undefined if it needs the warehouse. */
export class DailyClicks {
  readonly #by: ByIteration;
  readonly #days: Int32Array;
  readonly #clicks: Uint32Array;

  /** The clicks of each iteration. */
  readonly #totals: Float64Array;

  private constructor(by: ByIteration, days: Int32Array, clicks: Uint32Array, totals: Float64Array) {
    this.#by = by;
    this.#days = days;
    this.#clicks = clicks;
    this.#totals = totals;
  }

  static *of(by: ByIteration, days: Int32Array, clicks: Uint32Array): Steps<DailyClicks> {
    const totals = new Float64Array(by.iterationIds.length);
    yield* by.all((from, to, iteration) => {
      for (let row = from; row < to; row += 1)
        totals[iteration] = (totals[iteration] as number) + (clicks[row] as number);
    });
    return new DailyClicks(by, days, clicks, totals);
  }

  /** Iterations and rows that were looked at so far. */
  get work(): number {
    return this.#by.work;
  }

  /** The clicks of a group of iterations. */
  total(dimensions: readonly MetricDimension[], filter: ClickFilter, key: ParentKey): number | undefined {
    let total = 0;
    const isMine = this.#each(dimensions, filter, key, (from, to, iteration, isWhole) => {
      if (isWhole) {
        total += this.#totals[iteration] as number;
        return;
      }
      this.#by.work += to - from;
      for (let row = from; row < to; row += 1) total += this.#clicks[row] as number;
    });
    return isMine ? total : undefined;
  }

  /** The same by UTC day; days without clicks are absent. */
  byDay(
    dimensions: readonly MetricDimension[],
    filter: ClickFilter,
    key: ParentKey,
  ): ReadonlyMap<string, number> | undefined {
    const days = new Map<number, number>();
    const isMine = this.#each(dimensions, filter, key, (from, to) => {
      this.#by.work += to - from;
      for (let row = from; row < to; row += 1) {
        const day = this.#days[row] as number;
        days.set(day, (days.get(day) ?? 0) + (this.#clicks[row] as number));
      }
    });
    return isMine ? new Map([...days].map(([day, clicks]) => [dayText(day), clicks])) : undefined;
  }

  #each(
    dimensions: readonly MetricDimension[],
    { iterationIds, strategyIds, period, isDaily }: ClickFilter,
    key: ParentKey,
    visit: (from: number, to: number, iteration: number, isWhole: boolean) => void,
  ): boolean {
    if (!isDaily) return false;
    const days = daysOf(period);
    const own: { -readonly [Name in keyof IterationKey]: string } = {};
    for (const [at, dimension] of dimensions.entries()) {
      const id = key[at] ?? null;
      if (id === null) return false;
      if (dimension === 'ITERATION') own.iterationId = id;
      else if (dimension === 'STRATEGY') own.strategyId = id;
      else return false;
    }
    if (!days) return false;
    const daily = { iterationIds, strategyIds, ...days };
    const isWhole = isUnbounded(daily);
    if (this.#days.length > maxRowsAtOnce(1) && this.#by.count(daily, own) > maxRowsAtOnce(1)) return false;
    this.#by.each(daily, own, (from, to, iteration) => visit(from, to, iteration, isWhole));
    return true;
  }
}
