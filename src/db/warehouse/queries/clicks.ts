import { type RawBuilder, sql } from 'kysely';
import { isStartOfQuarterHour } from '../../../domain/time-zones.ts';
import { fixedIfShaped } from '../compiled-statements.ts';
import { type Condition, columnIn, every, within as withinInstants } from '../conditions.ts';
import type { BuildReader } from '../connect.ts';
import { keyText, type ParentKey } from '../list-query.ts';
import type { InstantRange } from '../sql.ts';
import { attributionSchema } from '../tables.ts';
import {
  endsOf,
  type Grouped,
  groupedByFirst,
  isAttributedStatus,
  isBounded,
  isOfWholeDays,
  type RawRow,
  withinDays,
} from './aggregates.ts';
import { type ConversionFilter, statusesOf } from './conversions.ts';
import { isInGroups, isInPeriods, localPeriod, type MetricDimension, zoneOf } from './dimensions.ts';

/** `iteration_clicks_daily` and `iteration_clicks_quarter_hourly`: the dimensions of each. */
const dailyColumns: Partial<Record<MetricDimension, RawBuilder<string | null>>> = {
  STRATEGY: sql.ref('strategy_id'),
  ITERATION: sql.ref('iteration_id'),
  DAY: sql.ref('click_day'),
};
const quarterHourlyColumns: Partial<Record<MetricDimension, RawBuilder<string | null>>> = {
  STRATEGY: sql.ref('strategy_id'),
  ITERATION: sql.ref('iteration_id'),
  DAY: sql`cast(quarter_at at time zone 'UTC' as date)`,
  HOUR: sql`date_trunc('hour', quarter_at at time zone 'UTC') at time zone 'UTC'`,
};

/** The part of a filter that applies to clicks, and its period. */
export interface ClickFilter {
  readonly strategyIds: readonly string[] | null;
  readonly iterationIds: readonly string[] | null;
  readonly period: InstantRange | null;
  /** Whether the counts per UTC day answer; otherwise those per quarter-hour. */
  readonly isDaily: boolean;
  /** Of days and hours; null: UTC. */
  readonly timeZone: string | null;
}

/**
 * Converts a filter on conversions to one on clicks; null if clicks can't be counted for it. Clicks are counted per
 * iteration and quarter-hour only, so not by goal, campaign, status or parts of a quarter-hour.
 *
 * The period is `clickedBetween`, or `convertedBetween` applied to the days of clicks: a report on "clicks and
 * conversions of last week" means both. If groups are days or hours of the conversion, only `convertedBetween` is possible.
 */
export function clickFilter(
  dimensions: readonly MetricDimension[],
  filter: ConversionFilter,
  zone: string | null = null,
): ClickFilter | null {
  const { iterationIds = null, strategyIds = null, status: _s, isAttributed: _a, ...rest } = filter;
  const { convertedBetween, clickedBetween, ...others } = rest;
  const status = statusesOf(filter);
  if (Object.values(others).some((value) => value !== undefined && value !== null)) return null;
  if (status && !isAttributedStatus(status)) return null;
  if (!dimensions.every((name) => name in quarterHourlyColumns)) return null;
  const timeZone = zoneOf(dimensions, zone);
  const hasHour = dimensions.includes('HOUR');
  if (isBounded(clickedBetween) && (hasHour || dimensions.includes('DAY'))) return null;
  if (![clickedBetween, convertedBetween].flatMap(endsOf).every(isStartOfQuarterHour)) return null;
  const period = [clickedBetween, convertedBetween].find(isBounded) ?? null;
  const isDaily = timeZone === null && !hasHour && isOfWholeDays(period);
  return { iterationIds, strategyIds, period, isDaily, timeZone };
}

/**
 * Counts the clicks of iterations per group, by `keyText`; a group without clicks is absent.
 *
 * @param within limits the result to these keys of these dimensions, with which `dimensions` begins.
 */
export async function clicksPerGroup(
  warehouse: BuildReader,
  dimensions: readonly MetricDimension[],
  filter: ClickFilter,
  within: { readonly dimensions: readonly MetricDimension[]; readonly keys: readonly ParentKey[] },
): Promise<Map<string, number>> {
  const expressions = columnsOf(within.dimensions, filter);
  const isWanted = filter.isDaily
    ? isInGroups(within.dimensions, expressions, within.keys)
    : isInPeriods(within.dimensions, expressions, 'quarter_at', filter.timeZone, within.keys);
  const { shape, values, build } = groupedClicks(dimensions, filter, isWanted);
  const statement = fixedIfShaped(shape, values, build);
  const rows = await warehouse.rows<RawRow>('clicks.perGroup', statement);
  return new Map(
    rows.map((row) => [keyText(dimensions.map((_, index) => row[`key_${index}`] ?? null)), Number(row.clicks)]),
  );
}

/** The clicks of all groups that meet a condition: `key_0` and so on, and `clicks`. */
export function groupedClicks(
  dimensions: readonly MetricDimension[],
  filter: ClickFilter,
  isWanted: Condition,
): Grouped {
  const { iterationIds, strategyIds, period, isDaily } = filter;
  const conditions = [isWanted];
  if (iterationIds) conditions.push(columnIn('iteration_id', iterationIds));
  if (strategyIds) conditions.push(columnIn('strategy_id', strategyIds));
  if (period) conditions.push(isDaily ? withinDays('click_day', period) : withinInstants('quarter_at', period));
  const table = isDaily ? 'iteration_clicks_daily' : 'iteration_clicks_quarter_hourly';
  const where = every(conditions);
  const { shape, values } = where;
  return {
    shape: filter.timeZone === null ? `clicks by ${dimensions} of ${table} where ${shape}` : null,
    values,
    build: () => {
      const columns = columnsOf(dimensions, filter);
      return sql`
    select ${sql.join([
      ...columns.map((column, index) => sql`${column} as ${sql.ref(`key_${index}`)}`),
      sql`coalesce(sum(clicks), 0) as clicks`,
    ])}
    from ${sql.table(`${attributionSchema}.${table}`)} where ${where.build()}
    ${groupedByFirst(columns.length)}`;
    },
  };
}

function columnsOf(
  dimensions: readonly MetricDimension[],
  { isDaily, timeZone, period }: ClickFilter,
): RawBuilder<string | null>[] {
  if (isDaily) return dimensions.flatMap((name) => dailyColumns[name] ?? []);
  return dimensions.flatMap(
    (name) => localPeriod(name, 'quarter_at', timeZone, period ?? {}) ?? quarterHourlyColumns[name] ?? [],
  );
}
