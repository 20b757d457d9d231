import { defaultMetricPageSize } from '../config/limits.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import {
  type AggregateRow,
  aggregatePage,
  aggregatePosition,
  type ConversionGroup,
  countGroups,
  isAttributedOnly,
  metricSort,
} from '../db/warehouse/queries/aggregates.ts';
import { clickFilter } from '../db/warehouse/queries/clicks.ts';
import type { ConversionFilter } from '../db/warehouse/queries/conversions.ts';
import { compareGoalIds } from '../domain/ids.ts';
import { instantOrNull } from '../domain/instant.ts';
import {
  type DailyMetrics,
  defaultMetricOrder,
  type GoalMetrics,
  type MetricConnectionSource,
  type MetricRow,
  type Metrics,
  type MetricsArgs,
  metricKeys,
} from '../schema/metrics.ts';
import { toOrder } from '../schema/order.ts';
import { dayOrError } from '../schema/time-fields.ts';
import { pagedConnection } from './paged-connection.ts';

/** Conversions grouped by dimensions: a page of groups, and the totals of all groups. */
export function groupedMetrics(loaders: WarehouseLoaders, args: MetricsArgs): MetricConnectionSource {
  const { groupBy: dimensions, first, after } = args;
  const filter = args.filter ?? {};
  const order = toOrder(args.orderBy, defaultMetricOrder, 'DESC');
  const query = { dimensions, filter };
  const connection = pagedConnection({
    scope: ['metrics', dimensions, filter, order],
    columns: metricSort(dimensions, order).length,
    page: { first, after },
    defaultFirst: defaultMetricPageSize,
    fetch: (request) => aggregatePage(loaders.warehouse, query, order, request),
    count: () => countGroups(loaders.warehouse, query),
    position: (row) => aggregatePosition(row, dimensions, order),
    node: (row): MetricRow => {
      const group = { ...query, key: row.key };
      return { ...metricKeys(dimensions, row.key), metrics: metricsOf(loaders, group, row), group };
    },
  });
  return { ...connection, totals: () => groupMetrics(loaders, { dimensions: [], key: [], filter }) };
}

/** The metrics of an iteration by UTC day, earliest first, batched with those of the other iterations in the response. */
export async function dailyMetrics(
  loaders: WarehouseLoaders,
  iterationId: string,
  filter: ConversionFilter,
): Promise<DailyMetrics[]> {
  const days = await loaders.breakdownOf({ dimensions: ['ITERATION'], by: 'DAY', filter }, [iterationId]);
  return days
    .map((row) => ({ ...row, day: String(row.key[1]) }))
    .sort((a, b) => (a.day < b.day ? -1 : 1))
    .map(({ day, ...row }) => ({
      day: dayOrError(day, { type: 'Iteration', id: iterationId }, 'day of a conversion'),
      metrics: metricsOf(loaders, { dimensions: ['ITERATION', 'DAY'], key: row.key, filter }, row),
    }));
}

/** The metrics of a group, batched with those of other groups of the same dimensions and filter. */
export async function groupMetrics(loaders: WarehouseLoaders, group: ConversionGroup): Promise<Metrics> {
  const { dimensions, key, filter } = group;
  return metricsOf(loaders, group, await loaders.aggregateOf({ dimensions, filter }, key));
}

/** The metrics of a group with known aggregates. Clicks and goals are loaded only if the client selects them. */
function metricsOf(loaders: WarehouseLoaders, group: ConversionGroup, row: AggregateRow): Metrics {
  const clicks = () => clicksOf(loaders, group);
  return {
    conversions: row.conversions,
    payout: row.payout,
    firstConversionAt: instantOrNull(row.firstConversionAt),
    lastConversionAt: instantOrNull(row.lastConversionAt),
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
  // Clicks are counted per iteration, so a group with a null strategy or iteration has no click count.
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
    .sort((a, b) => b.conversions - a.conversions || compareGoalIds(a.goalReferenceId, b.goalReferenceId));
}

/**
 * Restricts a filter to attributed conversions, for the metrics of strategies and iterations: unattributed conversions
 * belong to no iteration, so they must not count for one.
 */
export function attributedOnly(filter: ConversionFilter | null | undefined): ConversionFilter {
  return { ...filter, status: (filter?.status ?? ['ATTRIBUTED']).filter((status) => status === 'ATTRIBUTED') };
}
