import { tenThousandths } from '../../domain/decimal.ts';
import { textKey } from '../../domain/ids.ts';
import { dayNumber, exactMicroseconds, isDay, isInstant } from '../../domain/instant.ts';
import type { ClicksRow, IterationRowsRow, MetricsRow, SnapshotCounts } from '../warehouse/queries/snapshot.ts';
import { ByIteration, type IterationStart } from './by-iteration.ts';
import { DailyClicks } from './daily-clicks.ts';
import { DailyMetrics } from './daily-metrics.ts';
import type { Steps } from './steps.ts';
import { Unsuitable } from './unsuitable.ts';

/** Where the rows of an iteration go. */
interface Places {
  readonly strategyId: string;
  next: number;
  readonly end: number;
}

/** The iterations of a daily table that is read by day, with the numbers of their rows. */
export class IterationRowsFill {
  readonly iterations: IterationStart[] = [];
  readonly places = new Map<string, Places>();
  length = 0;
  readonly #table: string;

  constructor(table: string) {
    this.#table = table;
  }

  /** @throws {Unsuitable} */
  add({ iteration_id: id, strategy_id: strategyId, row_count: count }: IterationRowsRow): void {
    if (this.places.has(id)) throw new Unsuitable(twoStrategies(id, this.#table));
    const start = this.length;
    this.length += Number(count);
    this.iterations.push({ id, strategyId, start });
    this.places.set(id, { strategyId, next: start, end: this.length });
  }
}

const twoStrategies = (id: string, table: string): string => `iteration ${id} has two strategies in ${table}`;

/** Collects the rows of a daily table in columns of a known length, by iteration and day. */
class DailyRows {
  readonly days: Int32Array;
  readonly #iterations: IterationStart[];
  readonly #places: ReadonlyMap<string, Places> | null;
  readonly #table: string;
  length = 0;

  /** @param counted of rows that come by day; null: they come by iteration and day. */
  constructor(table: string, rows: number, counted: IterationRowsFill | null) {
    this.#table = table;
    this.days = new Int32Array(rows);
    this.#iterations = counted?.iterations ?? [];
    this.#places = counted?.places ?? null;
    if (counted && counted.length !== rows) throw new Unsuitable(`${table} changed while it was counted`);
  }

  /** Adds a row. @returns its index. */
  add(id: string, strategyId: string, day: string): number {
    const row = this.#places ? this.#placed(this.#places.get(id), strategyId) : this.#next(id, strategyId);
    const number = isDay(day) ? dayNumber(day) : null;
    if (number === null) throw new Unsuitable(`${this.#table} has the day ${day}`);
    this.days[row] = number;
    this.length += 1;
    return row;
  }

  #next(id: string, strategyId: string): number {
    const row = this.length;
    if (row >= this.days.length) throw new Unsuitable(`${this.#table} has more rows than were counted`);
    const last = this.#iterations.at(-1);
    if (last?.id !== id) this.#iterations.push({ id, strategyId, start: row });
    else if (last.strategyId !== strategyId) throw new Unsuitable(twoStrategies(id, this.#table));
    return row;
  }

  #placed(places: Places | undefined, strategyId: string): number {
    if (!places || places.strategyId !== strategyId || places.next >= places.end)
      throw new Unsuitable(`${this.#table} has other rows than were counted`);
    places.next += 1;
    return places.next - 1;
  }

  finish(): Steps<ByIteration> {
    if (this.length !== this.days.length) throw new Unsuitable(`${this.#table} has fewer rows than were counted`);
    return ByIteration.of(this.#iterations, this.days);
  }
}

const largestCount = 2 ** 32 - 1;

function countOf(text: string, table: string): number {
  const count = Number(text);
  if (!(count >= 0 && count <= largestCount)) throw new Unsuitable(`${table} has the count ${text}`);
  return count;
}

/** Ten-thousandths. One that is too large is not exact, which the sum of all shows. */
function exactPayout(text: string): number {
  const digits = text.slice(0, -5) + text.slice(-4);
  return digits.length <= 15 ? Number(digits) : Number(tenThousandths(text));
}

function microsecondsOf(text: string): number {
  const value = isInstant(text) ? exactMicroseconds(text) : null;
  if (value === null) throw new Unsuitable(`iteration_metrics_daily has the time ${text}`);
  return value;
}

/** Fills `DailyMetrics`. */
export class MetricsFill {
  readonly #rows: DailyRows;
  readonly #goals: readonly string[];
  readonly #goalIndexes: ReadonlyMap<string, number>;
  readonly #columns;
  /** Of the amounts without their signs: while it is exact, so is every sum of them. */
  #absolutePayout = 0;
  #payout = 0;
  #conversions = 0;

  /** @param counted see `DailyRows`. */
  constructor({ metrics: rows }: SnapshotCounts, goals: readonly string[], counted: IterationRowsFill | null = null) {
    this.#rows = new DailyRows('iteration_metrics_daily', rows, counted);
    this.#goals = goals;
    this.#goalIndexes = new Map(goals.map((goal, index) => [goal, index]));
    this.#columns = {
      goals: new Int32Array(rows),
      conversions: new Uint32Array(rows),
      payouts: new Float64Array(rows),
      firsts: new Float64Array(rows),
      lasts: new Float64Array(rows),
    };
  }

  add(row: MetricsRow): void {
    const at = this.#rows.add(row.iteration_id, row.strategy_id, row.day);
    const goal = row.goal_reference_id;
    const index = goal === null ? this.#goals.length : this.#goalIndexes.get(textKey(goal));
    if (index === undefined) throw new Unsuitable('the warehouse compares goals in a way of its own');
    const payout = exactPayout(row.payout);
    const conversions = countOf(row.conversions, 'iteration_metrics_daily');
    this.#payout += payout;
    this.#conversions += conversions;
    this.#absolutePayout += Math.abs(payout);
    if (!Number.isSafeInteger(this.#absolutePayout))
      throw new Unsuitable('the payouts are too large to be summed exactly');
    this.#columns.goals[at] = index;
    this.#columns.conversions[at] = conversions;
    this.#columns.payouts[at] = payout;
    this.#columns.firsts[at] = microsecondsOf(row.first_converted_at);
    this.#columns.lasts[at] = microsecondsOf(row.last_converted_at);
  }

  /** @throws {Unsuitable} unless the sums are those of the warehouse. */
  *finish({ conversions, payout }: SnapshotCounts): Steps<DailyMetrics> {
    const by = yield* this.#rows.finish();
    if (this.#conversions !== conversions || BigInt(this.#payout) !== tenThousandths(payout))
      throw new Unsuitable('the sums of iteration_metrics_daily differ from those of the warehouse');
    return yield* DailyMetrics.of(by, { days: this.#rows.days, ...this.#columns }, this.#goals);
  }
}

/** Fills `DailyClicks`. */
export class ClicksFill {
  readonly #rows: DailyRows;
  readonly #clicks: Uint32Array;
  #sum = 0;

  /** @param counted see `DailyRows`. */
  constructor({ clicks: rows }: SnapshotCounts, counted: IterationRowsFill | null = null) {
    this.#rows = new DailyRows('iteration_clicks_daily', rows, counted);
    this.#clicks = new Uint32Array(rows);
  }

  add(row: ClicksRow): void {
    const at = this.#rows.add(row.iteration_id, row.strategy_id, row.day);
    const clicks = countOf(row.clicks, 'iteration_clicks_daily');
    this.#clicks[at] = clicks;
    this.#sum += clicks;
  }

  /** @throws {Unsuitable} unless the sum is that of the warehouse. */
  *finish({ clickSum }: SnapshotCounts): Steps<DailyClicks> {
    const by = yield* this.#rows.finish();
    if (this.#sum !== clickSum)
      throw new Unsuitable('the sum of iteration_clicks_daily differs from that of the warehouse');
    return yield* DailyClicks.of(by, this.#rows.days, this.#clicks);
  }
}
