import { type RawBuilder, sql } from 'kysely';
import { fixedQuery } from '../compiled-statements.ts';
import { type Condition, columnIn, every } from '../conditions.ts';
import type { BuildReader } from '../connect.ts';
import { keyText, type ParentKey } from '../list-query.ts';
import type { InstantRange } from '../sql.ts';
import { isAttributedStatus, isBounded, isOfWholeDays, withinDays } from './aggregates.ts';
import { type ConversionFilter, statusesOf } from './conversions.ts';
import { isInGroups, type MetricDimension } from './dimensions.ts';

const clickColumns: Partial<Record<MetricDimension, RawBuilder<string | null>>> = {
  STRATEGY: sql.ref('strategy_id'),
  ITERATION: sql.ref('iteration_id'),
  DAY: sql.ref('click_day'),
};

/** The part of a filter that applies to clicks, and its period. */
export interface ClickFilter {
  readonly strategyIds: readonly string[] | null;
  readonly iterationIds: readonly string[] | null;
  readonly period: InstantRange | null;
}

/**
 * Converts a filter on conversions to one on clicks; null if clicks can't be counted for it. Clicks are counted per
 * iteration and UTC day only, so not by goal, campaign, status or parts of a day.
 *
 * The period is `clickedBetween`, or `convertedBetween` applied to the days of clicks: a report on "clicks and
 * conversions of last week" means both. If groups are days of the conversion, only `convertedBetween` is possible.
 */
export function clickFilter(dimensions: readonly MetricDimension[], filter: ConversionFilter): ClickFilter | null {
  const { iterationIds = null, strategyIds = null, status: _s, isAttributed: _a, ...rest } = filter;
  const { convertedBetween, clickedBetween, ...others } = rest;
  const status = statusesOf(filter);
  if (Object.values(others).some((value) => value !== undefined && value !== null)) return null;
  if (status && !isAttributedStatus(status)) return null;
  if (!dimensions.every((name) => name in clickColumns)) return null;
  if (isBounded(clickedBetween) && dimensions.includes('DAY')) return null;
  if (!isOfWholeDays(clickedBetween) || !isOfWholeDays(convertedBetween)) return null;
  const period = [clickedBetween, convertedBetween].find(isBounded) ?? null;
  return { iterationIds, strategyIds, period };
}

/**
 * Counts the clicks of iterations per group, by `keyText`; a group without clicks is absent.
 *
 * @param within limits the result to these keys of these dimensions, with which `dimensions` begins.
 */
export async function clicksPerGroup(
  warehouse: BuildReader,
  dimensions: readonly MetricDimension[],
  { iterationIds, strategyIds, period }: ClickFilter,
  within: { readonly dimensions: readonly MetricDimension[]; readonly keys: readonly ParentKey[] },
): Promise<Map<string, number>> {
  const columns = columnsOf(dimensions);
  const conditions: Condition[] = [isInGroups(within.dimensions, columnsOf(within.dimensions), within.keys)];
  if (iterationIds) conditions.push(columnIn('iteration_id', iterationIds));
  if (strategyIds) conditions.push(columnIn('strategy_id', strategyIds));
  if (period) conditions.push(withinDays('click_day', period));
  const { shape, values, build } = every(conditions);
  const query = fixedQuery<Record<string, string | null>>(`clicks by ${dimensions} where ${shape}`, values, () =>
    warehouse.db
      .selectFrom('iteration_clicks_daily')
      .select(columns.map((column, index) => column.as(`key_${index}`)))
      .select(sql<string>`coalesce(sum(clicks), 0)`.as('clicks'))
      .where(build())
      .$if(columns.length > 0, (grouped) => grouped.groupBy(columns)),
  );
  const rows = await warehouse.rows('clicks.perGroup', query);
  return new Map(
    rows.map((row) => [keyText(columns.map((_, index) => row[`key_${index}`] ?? null)), Number(row.clicks)]),
  );
}

function columnsOf(dimensions: readonly MetricDimension[]): RawBuilder<string | null>[] {
  return dimensions.flatMap((name) => clickColumns[name] ?? []);
}
