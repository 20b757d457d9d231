import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import type { ConversionGroup } from '../db/warehouse/queries/aggregates.ts';
import type { MetricDimension } from '../db/warehouse/queries/dimensions.ts';
import { shareOf } from '../domain/rates.ts';
import { queriedZone } from '../domain/time-zones.ts';
import {
  type AttributionSummariesArgs,
  type AttributionSummaryRow,
  type AttributionSummarySource,
  reasonCounts,
  type SummaryConnectionSource,
} from '../schema/attribution-summary.ts';
import { dayOrNull, placesOf, valueIn } from '../schema/metrics.ts';
import { numberAt } from './builds.ts';
import { boundsOf, groupConnection } from './metrics.ts';

/** Conversions counted by status per group: a page of groups, and the counts of all groups. */
export async function groupedSummaries(
  loaders: WarehouseLoaders,
  args: AttributionSummariesArgs,
): Promise<SummaryConnectionSource> {
  const atBuild = await numberAt(loaders, args.atBuild, args.filter);
  const query = {
    dimensions: args.groupBy,
    filter: args.filter ?? {},
    atBuild,
    timeZone: queriedZone(args.timeZone),
    having: boundsOf(args.having),
  };
  const { timeZone = null } = args;
  const places = placesOf(args.groupBy);
  const connection = groupConnection(loaders, 'attributionSummaries', query, args, (group): AttributionSummaryRow => {
    const value = (dimension: MetricDimension) => valueIn(dimension, places, group.key);
    const keys = { strategyId: value('STRATEGY'), campaignId: value('CAMPAIGN'), day: dayOrNull(value('DAY')) };
    return { ...keys, group, summary: () => summaryOf(loaders, group, timeZone) };
  });
  return {
    ...connection,
    filter: query.filter,
    timeZone,
    totals: () => summaryOf(loaders, { dimensions: [], key: [], filter: query.filter, atBuild }, timeZone),
  };
}

/**
 * The counts of a group by status, batched with those of other groups of the same dimensions and filter.
 *
 * @param timeZone of the days of the filter's ranges; null: UTC.
 */
export async function summaryOf(
  loaders: WarehouseLoaders,
  group: ConversionGroup,
  timeZone: string | null,
): Promise<AttributionSummarySource> {
  const { key, ...query } = group;
  const rows = await loaders.breakdownOf({ ...query, by: 'STATUS' }, key);
  const counts = new Map(rows.map((row) => [row.key.at(-1), row.conversions]));
  const total = rows.reduce((sum, row) => sum + row.conversions, 0);
  const attributed = counts.get('ATTRIBUTED') ?? 0;
  const reasons = reasonCounts((status) => counts.get(status) ?? 0);
  const unattributed = total - attributed;
  const unattributedShare = shareOf(unattributed, total);
  return { total, attributed, unattributed, unattributedShare, reasons, filter: group.filter, timeZone };
}
