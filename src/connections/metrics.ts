import { defaultMetricPageSize } from '../config/limits.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
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
import { ErrorsAsValues } from '../schema/getters.ts';
import {
  type DailyMetrics,
  defaultMetricOrder,
  type GoalMetrics,
  type GroupPageArgs,
  type MetricConnectionSource,
  MetricRow,
  type Metrics,
  type MetricsArgs,
  placesOf,
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
  const places = placesOf(args.groupBy);
  const connection = groupConnection(
    loaders,
    'metrics',
    query,
    args,
    (group, row) => new MetricRow(places, group, new MetricsOfGroup(loaders, group, row)),
  );
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
export function dailyMetrics(
  loaders: WarehouseLoaders,
  iterationId: string,
  filter: ConversionFilter,
): Answer<DailyMetrics[]> {
  const dimensions = ['ITERATION', 'DAY'] as const;
  const days = loaders.breakdownOf({ dimensions: ['ITERATION'], by: 'DAY', filter }, [iterationId]);
  return mapAnswer(days, (rows) =>
    rows
      .map((row) => ({ row, day: String(row.key[1]) }))
      .sort((a, b) => (a.day < b.day ? -1 : 1))
      .map(({ row, day }) => ({
        day: dayOrError(day, 'Iteration', iterationId, 'day of a conversion'),
        metrics: new MetricsOfGroup(loaders, { dimensions, key: row.key, filter }, row),
      })),
  );
}

/** The metrics of a group, batched with those of other groups of the same dimensions and filter. */
export function groupMetrics(loaders: WarehouseLoaders, group: ConversionGroup): Answer<Metrics> {
  const { dimensions, key, filter, atBuild = null } = group;
  const row = loaders.aggregateOf({ dimensions, filter, atBuild }, key);
  return mapAnswer(row, (known) => new MetricsOfGroup(loaders, group, known));
}

/** The metrics of a group with known aggregates. Computes, and loads, what the client selects. */
@ErrorsAsValues()
class MetricsOfGroup implements Metrics {
  readonly #loaders: WarehouseLoaders;
  readonly #group: ConversionGroup;
  readonly #row: AggregateRow;

  constructor(loaders: WarehouseLoaders, group: ConversionGroup, row: AggregateRow) {
    this.#loaders = loaders;
    this.#group = group;
    this.#row = row;
  }

  get conversions(): number {
    return this.#row.conversions;
  }

  get payout(): string {
    return this.#row.payout;
  }

  get firstConversionAt(): string | null {
    return instantOrNull(this.#row.firstConversionAt);
  }

  get lastConversionAt(): string | null {
    return instantOrNull(this.#row.lastConversionAt);
  }

  clicks(): Answer<number | null> {
    return clicksOf(this.#loaders, this.#group);
  }

  conversionRate(): Answer<number | null> {
    if (!countsAttributedOnly(this.#group)) return null;
    return mapAnswer(this.clicks(), (clicks) => (clicks ? this.conversions / clicks : null));
  }

  async finalThrough(): Promise<string | null> {
    return (await finality(this.#loaders, this.#group)).finalThrough;
  }

  async isFinal(): Promise<boolean> {
    return (await finality(this.#loaders, this.#group)).isFinal;
  }

  byGoal(): Answer<GoalMetrics[]> {
    return goalsOf(this.#loaders, this.#group, this.#row);
  }
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

function clicksOf(loaders: WarehouseLoaders, group: ConversionGroup): Answer<number | null> {
  // There is no history of clicks.
  if (group.atBuild) return null;
  const filter = clickFilter(group.dimensions, group.filter);
  // Clicks are counted per iteration, so a group with a null strategy or iteration has no click count.
  if (!filter || group.key.includes(null)) return null;
  const { day, ...rest } = withoutDay(group);
  if (day === null) return loaders.clicksOf({ dimensions: rest.dimensions, filter }, rest.key);
  const byDay = loaders.clicksByDayOf({ dimensions: rest.dimensions, filter }, rest.key);
  return mapAnswer(byDay, (clicks) => clicks.get(day) ?? 0);
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

function goalsOf(loaders: WarehouseLoaders, group: ConversionGroup, row: AggregateRow): Answer<GoalMetrics[]> {
  const { dimensions, key, filter, atBuild = null } = group;
  // A group of one goal is its own breakdown.
  const ofGoal = dimensions.indexOf('GOAL');
  if (ofGoal >= 0) return [{ goalReferenceId: key[ofGoal] ?? null, conversions: row.conversions, payout: row.payout }];
  return mapAnswer(loaders.breakdownOf({ dimensions, by: 'GOAL', filter, atBuild }, key), (goals) =>
    goals
      .map(({ key: ownKey, conversions, payout }) => ({ goalReferenceId: ownKey.at(-1) ?? null, conversions, payout }))
      .sort((a, b) => b.conversions - a.conversions || compareGoalIds(a.goalReferenceId, b.goalReferenceId)),
  );
}

/**
 * Restricts a filter to attributed conversions, for the metrics of strategies and iterations: unattributed conversions
 * belong to no iteration, so they must not count for one.
 */
export function attributedOnly(filter: ConversionFilter | null | undefined): ConversionFilter {
  if (!filter) return attributed;
  const known = restricted.get(filter);
  if (known) return known;
  const { isAttributed: _, ...rest } = filter;
  const status = (statusesOf(filter) ?? ['ATTRIBUTED' as const]).filter((name) => name === 'ATTRIBUTED');
  const own = { ...rest, status };
  restricted.set(filter, own);
  return own;
}

const attributed: ConversionFilter = { status: ['ATTRIBUTED'] };
/** The filter of a field is the same object for all parents. */
const restricted = new WeakMap<ConversionFilter, ConversionFilter>();
