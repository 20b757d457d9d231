import { textKey } from '../../domain/ids.ts';
import { dayNumber, isDay } from '../../domain/instant.ts';
import { cut, type Page, type PageRequest } from '../page.ts';
import type { ParentKey } from '../warehouse/list-query.ts';
import type { Order } from '../warehouse/order.ts';
import { type AggregateRow, canUseDailySums, type MetricOrderField } from '../warehouse/queries/aggregates.ts';
import type { ConversionFilter } from '../warehouse/queries/conversions.ts';
import type { MetricDimension } from '../warehouse/queries/dimensions.ts';
import { type ByIteration, type DailyFilter, type IterationKey, isUnbounded } from './by-iteration.ts';
import { type Axis, dayAxis, GroupCodes, idAxis, textAxis } from './group-codes.ts';
import { firstInOrder, GroupSums, type MetricColumns, maxRowsAtOnce, type SumColumns } from './group-sums.ts';
import { daysOf, emptyRow, type MetricQuery, measureOf, SummedRow, withStatus } from './metric-query.ts';
import { eachIndex, type Steps } from './steps.ts';

/** A query that the daily sums answer. */
interface Compiled {
  readonly daily: DailyFilter;
  /** For each goal whether its rows count; null: all. */
  readonly goals: Uint8Array | null;
}

/** The group of rows that a key names. */
interface Group {
  readonly daily: DailyFilter;
  readonly key: IterationKey;
  readonly goal: number | null;
}

/** What each value of a dimension adds to a group's code. */
interface Terms {
  readonly dimension: MetricDimension;
  readonly terms: Float64Array;
}

/** `iteration_metrics_daily` in memory. An answer is undefined if it needs the warehouse: see `canUseDailySums`. */
export class DailyMetrics {
  readonly #by: ByIteration;
  readonly #columns: MetricColumns;
  readonly #goals: readonly string[];
  readonly #goalIndexes: ReadonlyMap<string, number>;
  readonly #axes: Readonly<Partial<Record<MetricDimension, Axis>>>;
  readonly #firstDay: number;
  /** The sums of each iteration. */
  readonly #totals: SumColumns;
  #last: (Omit<MetricQuery, 'within'> & { readonly compiled: Compiled | undefined }) | null = null;

  private constructor(
    by: ByIteration,
    columns: MetricColumns,
    goals: readonly string[],
    totals: SumColumns,
    days: Days,
  ) {
    this.#by = by;
    this.#columns = columns;
    this.#goals = goals;
    this.#totals = totals;
    this.#goalIndexes = new Map(goals.map((goal, index) => [goal, index]));
    this.#firstDay = days.first;
    this.#axes = {
      STRATEGY: idAxis(by.strategyIds),
      ITERATION: idAxis(by.iterationIds),
      GOAL: textAxis(goals),
      DAY: dayAxis(days.first, days.last),
    };
  }

  /** @param goals as they are compared, in the warehouse's order. */
  static *of(by: ByIteration, columns: MetricColumns, goals: readonly string[]): Steps<DailyMetrics> {
    const totals = yield* totalsOf(by, columns);
    return new DailyMetrics(by, columns, goals, totals, yield* daysIn(columns.days));
  }

  /** Iterations and rows that were looked at so far. */
  get work(): number {
    return this.#by.work;
  }

  /** The totals of one group; zeros if it has no conversions. */
  totals(query: MetricQuery, key: ParentKey): AggregateRow | undefined {
    const compiled = this.#compile(withStatus(query, key));
    const group = compiled && this.#group(compiled, query.dimensions, key);
    if (group === undefined || (group && this.#isLong(compiled as Compiled, group, [], 1))) return undefined;
    if (group === null) return emptyRow(key);
    const { iterationIds, strategyIds } = group.daily;
    const { iterationId, strategyId } = group.key;
    const isOfOneIteration = iterationId !== undefined && strategyId === undefined && !iterationIds && !strategyIds;
    if (isOfOneIteration && isOfWholeIterations(compiled as Compiled, group, [])) {
      const iteration = this.#by.indexOf(iterationId);
      this.#by.work += 1;
      return iteration === undefined ? emptyRow(key) : new SummedRow(key, this.#totals, iteration);
    }
    const sums = new GroupSums(1);
    this.#add(compiled as Compiled, group, sums, []);
    return sums.codes.length === 0 ? emptyRow(key) : new SummedRow(key, sums, 0);
  }

  /** The groups of one more dimension within a group, unordered. */
  breakdown(query: MetricQuery, by: MetricDimension, key: ParentKey): readonly AggregateRow[] | undefined {
    const compiled = this.#compile({ ...withStatus(query, key), dimensions: [...query.dimensions, by] });
    const group = compiled && this.#group(compiled, query.dimensions, key);
    if (group === undefined) return undefined;
    if (group === null) return [];
    if (this.#isLong(compiled as Compiled, group, [by], this.#codes([by], 'ASC').size)) return undefined;
    const { codes, sums } = this.#grouped(compiled as Compiled, group, [by], 'ASC');
    return sums.codes.map((code, slot) => new SummedRow([...key, ...codes.keyOf(code)], sums, slot));
  }

  /** A page of groups. */
  page(query: MetricQuery, order: Order<MetricOrderField>, request: PageRequest): Page<AggregateRow> | undefined {
    const { dimensions } = query;
    const compiled = this.#compile(query);
    if (!compiled || dimensions.length === 0 || !isInOrder(order.field) || query.having) return undefined;
    const isByKey = order.field === 'KEY';
    const group = { daily: compiled.daily, key: {}, goal: null };
    const codes = this.#codes(dimensions, isByKey ? order.direction : 'ASC');
    if (!codes.isExact || this.#isLong(compiled, group, dimensions, codes.size)) return undefined;
    const [measure, ...key] = isByKey ? [null, ...(request.after ?? [])] : (request.after ?? [null]);
    const start = request.after && { code: codes.after(key), measure: isByKey ? 0 : measureOf(order.field, measure) };
    if (start && (start.code === undefined || start.measure === undefined)) return undefined;
    const { sums } = this.#grouped(compiled, group, dimensions, isByKey ? order.direction : 'ASC', codes);
    const measures = isByKey ? null : order.field === 'CONVERSIONS' ? sums.conversions : sums.payouts;
    const sign = order.direction === 'ASC' ? 1 : -1;
    const isAfter = (slot: number): boolean => {
      if (!start) return true;
      const difference = measures ? sign * ((measures[slot] as number) - (start.measure as number)) : 0;
      return difference > 0 || (difference === 0 && (sums.codes[slot] as number) >= (start.code as number));
    };
    const compare = (one: number, other: number): number =>
      (measures ? sign * ((measures[one] as number) - (measures[other] as number)) : 0) ||
      (sums.codes[one] as number) - (sums.codes[other] as number);
    const slots = firstInOrder(sums.codes.length, request.first + 1, isAfter, compare);
    return cut(
      slots.map((slot) => new SummedRow(codes.keyOf(sums.codes[slot] as number), sums, slot)),
      request.first,
    );
  }

  /** The number of groups. */
  count(query: MetricQuery): number | undefined {
    const compiled = this.#compile(query);
    const { dimensions } = query;
    if (!compiled || dimensions.length === 0 || query.having) return undefined;
    const group = { daily: compiled.daily, key: {}, goal: null };
    const codes = this.#codes(dimensions, 'ASC');
    if (!codes.isExact || this.#isLong(compiled, group, dimensions, codes.size)) return undefined;
    return this.#grouped(compiled, group, dimensions, 'ASC', codes).sums.codes.length;
  }

  /** Whether the rows of a group are so many that their sums would hold up requests. */
  #isLong(compiled: Compiled, group: Group, dimensions: readonly MetricDimension[], codes: number): boolean {
    if (this.#columns.days.length <= maxRowsAtOnce(codes) || isOfWholeIterations(compiled, group, dimensions))
      return false;
    return this.#by.count(group.daily, group.key) > maxRowsAtOnce(codes);
  }

  /** A field asks the same for each parent. */
  #compile(query: MetricQuery): Compiled | undefined {
    const { filter, dimensions, atBuild = null, timeZone = null, countsClicks = false } = query;
    const last = this.#last;
    const isSame = last?.atBuild === atBuild && last.timeZone === timeZone && last.countsClicks === countsClicks;
    if (isSame && last.filter === filter && last.dimensions === dimensions) return last.compiled;
    const compiled = this.#compiled(query);
    this.#last = { filter, dimensions, atBuild, timeZone, countsClicks, compiled };
    return compiled;
  }

  #compiled(query: MetricQuery): Compiled | undefined {
    if (!canUseDailySums(query)) return undefined;
    const {
      iterationIds = null,
      strategyIds = null,
      goalReferenceIds,
      convertedBetween,
    }: ConversionFilter = query.filter;
    const days = daysOf(convertedBetween);
    if (!days) return undefined;
    const daily = { iterationIds, strategyIds, ...days };
    if (!goalReferenceIds) return { daily, goals: null };
    const goals = new Uint8Array(this.#goals.length + 1);
    for (const goal of goalReferenceIds) {
      const index = this.#goalIndexes.get(textKey(goal));
      if (index !== undefined) goals[index] = 1;
    }
    return { daily, goals };
  }

  /** The rows of a group; null: there are none; undefined: the warehouse must compare its key. */
  #group({ daily }: Compiled, dimensions: readonly MetricDimension[], key: ParentKey): Group | null | undefined {
    let { fromDay, toDay } = daily;
    let goal: number | null = null;
    const own: { iterationId?: string; strategyId?: string } = {};
    for (const [at, dimension] of dimensions.entries()) {
      const value = key[at] ?? null;
      if (dimension === 'GOAL') {
        const index = value === null ? this.#goals.length : this.#goalIndexes.get(value);
        if (index === undefined) return null;
        goal = index;
        continue;
      }
      if (value === null) return null;
      if (dimension === 'ITERATION') own.iterationId = value;
      else if (dimension === 'STRATEGY') own.strategyId = value;
      else {
        const day = isDay(value) ? dayNumber(value) : null;
        if (dimension !== 'DAY' || day === null) return undefined;
        fromDay = Math.max(fromDay, day);
        toDay = Math.min(toDay, day + 1);
      }
    }
    return { daily: { ...daily, fromDay, toDay }, key: own, goal };
  }

  /** Adds the rows of a group to the sums, each to the group that the terms of its values identify. */
  #add(compiled: Compiled, group: Group, sums: GroupSums, terms: readonly Terms[]): void {
    const { goals: included } = compiled;
    const { daily, key, goal } = group;
    const { days, goals } = this.#columns;
    const { strategyOf } = this.#by;
    const of = (dimension: MetricDimension) => terms.find((each) => each.dimension === dimension)?.terms;
    const [byStrategy, byIteration, byGoal, byDay] = (['STRATEGY', 'ITERATION', 'GOAL', 'DAY'] as const).map(of);
    const dimensions = terms.map(({ dimension }) => dimension);
    const isWhole = isOfWholeIterations(compiled, group, dimensions);
    this.#by.each(daily, key, (from, to, iteration) => {
      const base = (byStrategy?.[strategyOf[iteration] as number] ?? 0) + (byIteration?.[iteration] ?? 0);
      if (isWhole) {
        sums.add(base, this.#totals, iteration);
        return;
      }
      this.#by.work += to - from;
      for (let row = from; row < to; row += 1) {
        const own = goals[row] as number;
        if (included !== null && included[own] !== 1) continue;
        if (goal !== null && own !== goal) continue;
        let code = base;
        if (byGoal) code += byGoal[own] as number;
        if (byDay) code += byDay[(days[row] as number) - this.#firstDay] as number;
        sums.add(code, this.#columns, row);
      }
    });
  }

  #codes(dimensions: readonly MetricDimension[], direction: 'ASC' | 'DESC'): GroupCodes {
    return new GroupCodes(
      dimensions.flatMap((dimension) => this.#axes[dimension] ?? []),
      direction,
    );
  }

  #grouped(
    compiled: Compiled,
    group: Group,
    dimensions: readonly MetricDimension[],
    direction: 'ASC' | 'DESC',
    codes = this.#codes(dimensions, direction),
  ) {
    const sums = new GroupSums(codes.size);
    const terms = dimensions.map((dimension, at) => ({ dimension, terms: codes.terms(at) }));
    this.#add(compiled, group, sums, terms);
    return { codes, sums };
  }
}

/** The orders of the daily sums. */
const isInOrder = (field: MetricOrderField): boolean => ['CONVERSIONS', 'PAYOUT', 'KEY'].includes(field);

/** Whether sums consist of those of whole iterations. */
const isOfWholeIterations = ({ goals }: Compiled, { daily, goal }: Group, dimensions: readonly MetricDimension[]) =>
  isUnbounded(daily) &&
  goals === null &&
  goal === null &&
  dimensions.every((each) => each === 'STRATEGY' || each === 'ITERATION');

/** The first and the last day of a table. */
interface Days {
  readonly first: number;
  readonly last: number;
}

function* daysIn(days: Int32Array): Steps<Days> {
  if (days.length === 0) return { first: 0, last: -1 };
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  yield* eachIndex(days.length, (row) => {
    const day = days[row] as number;
    if (day < first) first = day;
    if (day > last) last = day;
  });
  return { first, last };
}

function* totalsOf(by: ByIteration, columns: MetricColumns): Steps<SumColumns> {
  const size = by.iterationIds.length;
  const totals = {
    conversions: new Float64Array(size),
    payouts: new Float64Array(size),
    firsts: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
    lasts: new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
  };
  yield* by.all((from, to, iteration) => {
    for (let row = from; row < to; row += 1) {
      totals.conversions[iteration] = (totals.conversions[iteration] as number) + (columns.conversions[row] as number);
      totals.payouts[iteration] = (totals.payouts[iteration] as number) + (columns.payouts[row] as number);
      totals.firsts[iteration] = Math.min(totals.firsts[iteration] as number, columns.firsts[row] as number);
      totals.lasts[iteration] = Math.max(totals.lasts[iteration] as number, columns.lasts[row] as number);
    }
  });
  return totals;
}
