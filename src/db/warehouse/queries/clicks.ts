import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isStartOfDay } from '../../../instant.ts';
import type { Warehouse } from '../connect.ts';
import { keyText, type ParentKey } from '../page.ts';
import { allOf, isIn } from '../sql.ts';
import { isWithinDays } from './aggregates.ts';
import type { ConversionFilter } from './conversions.ts';
import { isInGroups, type MetricDimension } from './dimensions.ts';

const clickColumns: Partial<Record<MetricDimension, RawBuilder<string | null>>> = {
  STRATEGY: sql.ref('strategy_id'),
  ITERATION: sql.ref('iteration_id'),
  DAY: sql.ref('click_day'),
};

/**
 * Whether clicks can be told for groups of conversions: clicks are counted per iteration and UTC day only, so a
 * question about goals, campaigns, statuses or parts of a day has no answer in clicks.
 */
export function clicksAreKnown(dimensions: readonly MetricDimension[], filter: ConversionFilter): boolean {
  const { iterationIds: _i, strategyIds: _s, status, convertedBetween, clickedBetween, ...others } = filter;
  if (Object.values(others).some((value) => value !== undefined && value !== null)) return false;
  if (status?.some((name) => name !== 'ATTRIBUTED')) return false;
  const range = clickedBetween ?? convertedBetween;
  const ends = [range?.from, range?.to].filter((end) => end !== undefined && end !== null);
  return ends.every(isStartOfDay) && dimensions.every((name) => name in clickColumns);
}

/**
 * Clicks that belong to an iteration, per group, by `keyText`; a group without clicks is absent. The period is the
 * filter's `clickedBetween`, or else its `convertedBetween` taken as days of clicks: a report's "clicks and
 * conversions of last week" means both.
 *
 * The filter must be one that `clicksAreKnown` accepts.
 */
export async function clicksPerGroup(
  warehouse: Warehouse,
  dimensions: readonly MetricDimension[],
  keys: readonly ParentKey[],
  filter: ConversionFilter,
): Promise<Map<string, number>> {
  const columns = dimensions.flatMap((name) => clickColumns[name] ?? []);
  const conditions: RawBuilder<SqlBool>[] = [isInGroups(columns, keys)];
  const range = filter.clickedBetween ?? filter.convertedBetween;
  if (filter.iterationIds) conditions.push(isIn(sql.ref('iteration_id'), filter.iterationIds));
  if (filter.strategyIds) conditions.push(isIn(sql.ref('strategy_id'), filter.strategyIds));
  if (range) conditions.push(isWithinDays(sql.ref('click_day'), range));
  const query = warehouse.db
    .selectFrom('iteration_clicks_daily')
    .select(columns.map((column, index) => column.as(`key_${index}`)))
    .select(sql<string>`coalesce(sum(clicks), 0)`.as('clicks'))
    .where(allOf(conditions))
    .$if(columns.length > 0, (grouped) => grouped.groupBy(columns));
  const rows = await warehouse.rows('clicks.perGroup', query);
  return new Map(
    rows.map((row) => [keyText(columns.map((_, index) => row[`key_${index}`] ?? null)), Number(row.clicks)]),
  );
}
