import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { type AggregateRow, type ConversionGroup, isAttributedOnly } from '../db/warehouse/queries/aggregates.ts';
import { clickFilter } from '../db/warehouse/queries/clicks.ts';
import type { ConversionFilter } from '../db/warehouse/queries/conversions.ts';
import { compareGoalIds } from '../domain/ids.ts';
import type { GoalMetrics, Metrics } from '../schema/metrics.ts';

/** The metrics of a group, loaded together with those of all groups that are asked for in the same way. */
export async function groupMetrics(loaders: WarehouseLoaders, group: ConversionGroup): Promise<Metrics> {
  const { dimensions, key, filter } = group;
  return metricsOf(loaders, group, await loaders.aggregateOf({ dimensions, filter }, key));
}

/** The metrics of a group whose own aggregates are known; clicks and goals are loaded when they are asked for. */
export function metricsOf(loaders: WarehouseLoaders, group: ConversionGroup, row: AggregateRow): Metrics {
  const clicks = () => clicksOf(loaders, group);
  return {
    conversions: row.conversions,
    payout: row.payout,
    firstConversionAt: row.firstConversionAt,
    lastConversionAt: row.lastConversionAt,
    clicks,
    conversionRate: async () => {
      if (!countsAttributedOnly(group)) return null;
      const count = await clicks();
      return count ? row.conversions / count : null;
    },
    byGoal: () => goalsOf(loaders, group, row),
  };
}

async function clicksOf(loaders: WarehouseLoaders, group: ConversionGroup): Promise<number | null> {
  const filter = clickFilter(group.dimensions, group.filter);
  // The group of the conversions that have no strategy or iteration has no clicks to speak of.
  if (!filter || group.key.includes(null)) return null;
  const { day, ...rest } = withoutDay(group);
  if (day === null) return loaders.clicksOf({ dimensions: rest.dimensions, filter }, rest.key);
  const byDay = await loaders.clicksByDayOf({ dimensions: rest.dimensions, filter }, rest.key);
  return byDay.get(day) ?? 0;
}

function withoutDay({ dimensions, key }: ConversionGroup) {
  const at = dimensions.indexOf('DAY');
  if (at < 0) return { dimensions, key, day: null };
  return { dimensions: dimensions.toSpliced(at, 1), key: key.toSpliced(at, 1), day: key[at] ?? null };
}

function countsAttributedOnly({ dimensions, key, filter }: ConversionGroup): boolean {
  const iteration = dimensions.indexOf('ITERATION');
  return isAttributedOnly(filter) || (iteration >= 0 && key[iteration] !== null);
}

async function goalsOf(loaders: WarehouseLoaders, group: ConversionGroup, row: AggregateRow): Promise<GoalMetrics[]> {
  const { dimensions, key, filter } = group;
  // A group of one goal is its own breakdown.
  const goals = dimensions.includes('GOAL')
    ? [{ ...row, key: [key[dimensions.indexOf('GOAL')] ?? null] }]
    : await loaders.breakdownOf({ dimensions, by: 'GOAL', filter }, key);
  return goals
    .map(({ key: ownKey, conversions, payout }) => ({ goalReferenceId: ownKey.at(-1) ?? null, conversions, payout }))
    .filter(({ conversions }) => conversions > 0)
    .sort((a, b) => b.conversions - a.conversions || compareGoalIds(a.goalReferenceId, b.goalReferenceId));
}

/**
 * What a strategy or an iteration got: attributed conversions, whatever else the filter says. Conversions that stopped
 * short of an iteration belong to no one's performance.
 */
export function attributedOnly(filter: ConversionFilter | null | undefined): ConversionFilter {
  return { ...filter, status: (filter?.status ?? ['ATTRIBUTED']).filter((status) => status === 'ATTRIBUTED') };
}
