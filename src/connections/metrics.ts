import { defaultMetricPageSize } from '../config/limits.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import {
  type AggregateQuery,
  type AggregateRow,
  aggregatePosition,
  type ConversionGroup,
  isAttributedOnly,
  metricSort,
} from '../db/warehouse/queries/aggregates.ts';
import { buildTimes } from '../db/warehouse/queries/builds.ts';
import { clickFilter } from '../db/warehouse/queries/clicks.ts';
import { type ConversionFilter, statusesOf } from '../db/warehouse/queries/conversions.ts';
import { type Finality, finalityOf, finalThrough } from '../domain/freshness.ts';
import { compareGoalIds } from '../domain/ids.ts';
import { endOfPeriod, instantOrNull } from '../domain/instant.ts';
import {
  type DailyMetrics,
  defaultMetricOrder,
  type GoalMetrics,
  type GroupPageArgs,
  type MetricConnectionSource,
  type MetricRow,
  type Metrics,
  type MetricsArgs,
  metricKeys,
} from '../schema/metrics.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { dayOrError } from '../schema/time-fields.ts';
import { numberAt } from './builds.ts';
import { scopeOf } from './conversions.ts';
import { pagedConnection } from './paged-connection.ts';

/** Conversions grouped by dimensions: a page of groups, and the totals of all groups. */
export async function groupedMetrics(loaders: WarehouseLoaders, args: MetricsArgs): Promise<MetricConnectionSource> {
  const filter = args.filter ?? {};
  const atBuild = await numberAt(loaders, args.atBuild);
  const query = { dimensions: args.groupBy, filter, atBuild };
  const connection = groupConnection(loaders, 'metrics', query, args, (group, row): MetricRow => {
    return { ...metricKeys(group.dimensions, row.key), metrics: metricsOf(loaders, group, row), group };
  });
  return { ...connection, totals: () => groupMetrics(loaders, { dimensions: [], key: [], filter, atBuild }) };
}

/**
 * A page of the groups of a query.
 *
 * @param field the GraphQL field, for its cursors.
 */
export function groupConnection<Node>(
  loaders: WarehouseLoaders,
  field: string,
  query: AggregateQuery,
  { orderBy, first, after }: GroupPageArgs,
  node: (group: ConversionGroup, row: AggregateRow) => Node,
): Connection<Node> {
  const { dimensions, filter, atBuild = null } = query;
  const order = toOrder(orderBy, defaultMetricOrder, 'DESC');
  return pagedConnection({
    scope: [field, dimensions, filter, order, ...scopeOf(atBuild)],
    columns: metricSort(dimensions, order).length,
    page: { first, after },
    defaultFirst: defaultMetricPageSize,
    fetch: (request) => loaders.groups.page(query, order, request),
    count: () => loaders.groups.count(query),
    position: (row) => aggregatePosition(row, dimensions, order),
    node: (row) => node({ dimensions, filter, atBuild, key: row.key }, row),
  });
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
  const { dimensions, key, filter, atBuild = null } = group;
  return metricsOf(loaders, group, await loaders.aggregateOf({ dimensions, filter, atBuild }, key));
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
    finalThrough: async () => (await finality(loaders, group)).finalThrough,
    isFinal: async () => (await finality(loaders, group)).isFinal,
    byGoal: () => goalsOf(loaders, group, row),
  };
}

/** How final a group is, by the build and by the periods that bound it. */
async function finality(
  loaders: WarehouseLoaders,
  { dimensions, key, filter, atBuild = null }: ConversionGroup,
): Promise<Finality> {
  const build = await (atBuild === null ? loaders.build() : loaders.buildByNumber.load(atBuild));
  const ends = dimensions.map((dimension, index) => {
    const start = key[index] ?? null;
    if (start === null) return null;
    if (dimension === 'DAY') return endOfPeriod(start, 'day');
    return dimension === 'HOUR' ? endOfPeriod(start, 'hour') : null;
  });
  const bounds = [...ends, filter.convertedBetween?.to ?? null].filter((end) => end !== null);
  return finalityOf(bounds, build && finalThrough(buildTimes(build)));
}

async function clicksOf(loaders: WarehouseLoaders, group: ConversionGroup): Promise<number | null> {
  // There is no history of clicks.
  if (group.atBuild) return null;
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
  const { dimensions, key, filter, atBuild = null } = group;
  // A group of one goal is its own breakdown.
  const goals = dimensions.includes('GOAL')
    ? [{ ...row, key: [key[dimensions.indexOf('GOAL')] ?? null] }]
    : await loaders.breakdownOf({ dimensions, by: 'GOAL', filter, atBuild }, key);
  return goals
    .map(({ key: ownKey, conversions, payout }) => ({ goalReferenceId: ownKey.at(-1) ?? null, conversions, payout }))
    .sort((a, b) => b.conversions - a.conversions || compareGoalIds(a.goalReferenceId, b.goalReferenceId));
}

/**
 * Restricts a filter to attributed conversions, for the metrics of strategies and iterations: unattributed conversions
 * belong to no iteration, so they must not count for one.
 */
export function attributedOnly(filter: ConversionFilter | null | undefined): ConversionFilter {
  const { isAttributed: _, ...rest } = filter ?? {};
  const status = (statusesOf(filter ?? {}) ?? ['ATTRIBUTED' as const]).filter((name) => name === 'ATTRIBUTED');
  return { ...rest, status };
}
