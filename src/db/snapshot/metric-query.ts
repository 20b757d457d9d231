import { decimalOfNumber, tenThousandths } from '../../domain/decimal.ts';
import { dayNumber, instantFromMicroseconds } from '../../domain/instant.ts';
import type { ParentKey } from '../warehouse/list-query.ts';
import type { AggregateQuery, AggregateRow, MetricOrderField } from '../warehouse/queries/aggregates.ts';
import { statusesOf } from '../warehouse/queries/conversions.ts';
import type { InstantRange } from '../warehouse/sql.ts';
import type { DailyFilter } from './by-iteration.ts';
import type { SumsOfGroups } from './group-sums.ts';

// What `DailyMetrics` is asked, and what it answers, in the terms of SQL.

export type MetricQuery = Omit<AggregateQuery, 'within'>;

/** The days of a range of whole days, half-open; undefined if the warehouse must compare them. */
export function daysOf(range: InstantRange | null | undefined): Pick<DailyFilter, 'fromDay' | 'toDay'> | undefined {
  const [fromDay, toDay] = [range?.from, range?.to].map((end) => (end ? dayNumber(end.slice(0, 10)) : undefined));
  if (fromDay === null || toDay === null) return undefined;
  return { fromDay: fromDay ?? Number.NEGATIVE_INFINITY, toDay: toDay ?? Number.POSITIVE_INFINITY };
}

/** Every conversion of an iteration is attributed: then a filter without a status selects attributed conversions only. */
export function withStatus(query: MetricQuery, key: ParentKey): MetricQuery {
  const iteration = query.dimensions.indexOf('ITERATION');
  if (iteration < 0 || (key[iteration] ?? null) === null || statusesOf(query.filter)) return query;
  return { ...query, filter: { ...query.filter, isAttributed: true } };
}

/** The measure of a cursor's position; undefined if the warehouse must compare it. */
export function measureOf(field: MetricOrderField, text: string | null | undefined): number | undefined {
  if (typeof text !== 'string') return undefined;
  const isWritten = field === 'CONVERSIONS' ? /^\d{1,15}$/.test(text) : /^-?\d+\.\d{4}$/.test(text);
  const value = isWritten ? Number(field === 'CONVERSIONS' ? text : tenThousandths(text)) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The sums of a group, written when they are read: an answer may have a thousand groups. */
export class SummedRow implements AggregateRow {
  readonly key: ParentKey;
  readonly conversions: number;
  readonly #payout: number;
  readonly #first: number;
  readonly #last: number;

  constructor(key: ParentKey, { conversions, payouts, firsts, lasts }: SumsOfGroups, slot: number) {
    this.key = key;
    this.conversions = conversions[slot] as number;
    this.#payout = payouts[slot] as number;
    this.#first = firsts[slot] as number;
    this.#last = lasts[slot] as number;
  }

  get payout(): string {
    return decimalOfNumber(this.#payout);
  }

  get firstConversionAt(): string {
    return instantFromMicroseconds(this.#first);
  }

  get lastConversionAt(): string {
    return instantFromMicroseconds(this.#last);
  }
}

/** The row of a group without conversions. */
export const emptyRow = (key: ParentKey): AggregateRow => ({
  key,
  conversions: 0,
  payout: '0.0000',
  firstConversionAt: null,
  lastConversionAt: null,
});
