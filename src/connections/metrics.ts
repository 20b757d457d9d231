import { defaultMetricPageSize } from '../config/limits.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import {
  type AggregateQuery,
  type AggregateRow,
  type ConversionGroup,
  type GroupCondition,
  isAttributedOnly,
  type MetricOrderField,
} from '../db/warehouse/queries/aggregates.ts';
import { buildTimes } from '../db/warehouse/queries/builds.ts';
import { clickFilter } from '../db/warehouse/queries/clicks.ts';
import { type ConversionFilter, statusesOf } from '../db/warehouse/queries/conversions.ts';
import { type MetricDimension, zoneOf } from '../db/warehouse/queries/dimensions.ts';
import { aggregatePosition, isRate, metricSort, needsClicks } from '../db/warehouse/queries/group-pages.ts';
import { type Finality, finalityOf, finalThrough } from '../domain/freshness.ts';
import { endOfPeriod, instantOrNull } from '../domain/instant.ts';
import type { Interval } from '../domain/rates.ts';
import { instantsOfDay, instantsOfHour, queriedZone } from '../domain/time-zones.ts';
import { BadUserInput } from '../errors.ts';
import { ErrorsAsValues } from '../schema/getters.ts';
import type { GoalMetrics } from '../schema/goal-metrics.ts';
import {
  type DailyMetrics,
  defaultMetricOrder,
  type GroupPageArgs,
  type MetricConnectionSource,
  MetricRow,
  type Metrics,
  type MetricsArgs,
  placesOf,
} from '../schema/metrics.ts';
import { type OrderInput, toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { dayOrError } from '../schema/time-fields.ts';
import { numberAt } from './builds.ts';
import {
  clickConversionInterval,
  clickConversionRate,
  clicksOf,
  conversionsPerClick,
  convertsOwnClicks,
  goalsOf,
} from './click-rates.ts';
import { scopeOf } from './conversions.ts';
import { pagedConnection } from './paged-connection.ts';

/** Conversions grouped by dimensions: a page of groups, and the totals of all groups. */
export async function groupedMetrics(loaders: WarehouseLoaders, args: MetricsArgs): Promise<MetricConnectionSource> {
  const filter = args.filter ?? {};
  const atBuild = await numberAt(loaders, args.atBuild, filter);
  const query = {
    dimensions: args.groupBy,
    filter,
    atBuild,
    timeZone: queriedZone(args.timeZone),
    having: boundsOf(args.having),
  };
  const places = placesOf(args.groupBy);
  const connection = groupConnection(
    loaders,
    'metrics',
    query,
    args,
    (group, row) => new MetricRow(places, group, new MetricsOfGroup(loaders, group, row)),
  );
  const { timeZone = null } = args;
  return {
    ...connection,
    filter,
    timeZone,
    totals: () => groupMetrics(loaders, { dimensions: [], key: [], filter, atBuild }),
  };
}

/** A condition without a bound is none. */
export const boundsOf = (having: GroupCondition | null | undefined): GroupCondition | null =>
  having && Object.values(having).some((bound) => bound !== null && bound !== undefined) ? having : null;

/** What a zone adds to the scope of cursors. */
const scopeOfZone = (dimensions: readonly MetricDimension[], timeZone: string | null): string[] =>
  [zoneOf(dimensions, timeZone) ?? []].flat();

/**
 * A page of the groups of a query.
 *
 * @param field the GraphQL field, for its cursors.
 */
export function groupConnection<Node>(
  loaders: WarehouseLoaders,
  field: string,
  query: AggregateQuery,
  { orderBy, first, after }: GroupPageArgs & { readonly orderBy?: OrderInput<MetricOrderField> | null },
  node: (group: ConversionGroup, row: AggregateRow) => Node,
): Connection<Node> {
  const { dimensions, filter, atBuild = null, timeZone = null, having = null } = query;
  const order = toOrder(orderBy, defaultMetricOrder, 'DESC');
  requireMetrics(query, order.field);
  return pagedConnection({
    scope: [
      ...[field, dimensions, filter, order, ...scopeOf(atBuild), ...scopeOfZone(dimensions, timeZone)],
      ...(having ? [having] : []),
    ],
    columns: metricSort(dimensions, order).length,
    page: { first, after },
    defaultFirst: defaultMetricPageSize,
    fetch: (request) => loaders.groups.page(query, order, request),
    count: () => loaders.groups.count(query),
    position: (row) => aggregatePosition(row, dimensions, order),
    node: (row) => node({ dimensions, filter, atBuild, timeZone, key: row.key }, row),
  });
}

/** @throws {BadUserInput} if an order or a condition needs what these groups do not have. */
function requireMetrics(query: AggregateQuery, field: MetricOrderField): void {
  const { dimensions, filter, atBuild, timeZone = null, having = null } = query;
  const argument = needsClicks(field, null) ? 'orderBy' : 'having';
  if (isRate(field) && !isAttributedOnly(filter) && !dimensions.includes('ITERATION')) {
    throw new BadUserInput(
      'orderBy',
      `${field} needs attributed conversions only; add status: [ATTRIBUTED] to the filter`,
    );
  }
  if (field === 'CLICK_CONVERSION_RATE' && !convertsOwnClicks(query)) {
    throw new BadUserInput(
      'orderBy',
      `${field} needs groups and a filter without a period of conversions (DAY, HOUR, convertedBetween), in which clicks of an ` +
        'earlier period convert; use clickedBetween, or order by CONVERSIONS_PER_CLICK',
    );
  }
  if (!needsClicks(field, having) || (!atBuild && clickFilter(dimensions, filter, timeZone))) return;
  throw new BadUserInput(
    argument,
    'needs clicks, which are counted per strategy, iteration, day and hour only: not by goal, campaign or status, not for a part ' +
      'of a quarter-hour, not with boundaryWithin or aroundBoundary, and not with atBuild',
  );
}

/** The metrics of an iteration by day, earliest first, batched with those of the other iterations in the response. */
export function dailyMetrics(
  loaders: WarehouseLoaders,
  iterationId: string,
  filter: ConversionFilter,
  zone: string | null | undefined,
): Answer<DailyMetrics[]> {
  const dimensions = ['ITERATION', 'DAY'] as const;
  const timeZone = queriedZone(zone);
  const days = loaders.breakdownOf({ dimensions: ['ITERATION'], by: 'DAY', filter, timeZone }, [iterationId]);
  return mapAnswer(days, (rows) =>
    rows
      .map((row) => ({ row, day: String(row.key[1]) }))
      .sort((a, b) => (a.day < b.day ? -1 : 1))
      .map(({ row, day }) => ({
        day: dayOrError(day, 'Iteration', iterationId, 'day of a conversion'),
        metrics: new MetricsOfGroup(loaders, { dimensions, key: row.key, filter, timeZone }, row),
      })),
  );
}

/** The metrics of a group, batched with those of other groups of the same dimensions and filter. */
export function groupMetrics(loaders: WarehouseLoaders, group: ConversionGroup): Answer<Metrics> {
  const { key, ...query } = group;
  const row = loaders.aggregateOf(query, key);
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

  convertedClicks(): Answer<number> {
    const { key, ...query } = this.#group;
    return this.conversions === 0 ? 0 : this.#loaders.convertedClicksOf(query, key);
  }

  conversionsPerClick(): Answer<number | null> {
    return conversionsPerClick(this.#loaders, this.#group, this.conversions);
  }

  conversionRate(): Answer<number | null> {
    return this.conversionsPerClick();
  }

  clickConversionRate(): Answer<number | null> {
    return clickConversionRate(this.#loaders, this.#group, () => this.convertedClicks());
  }

  clickConversionInterval(): Answer<Interval | null> {
    return clickConversionInterval(this.#loaders, this.#group, () => this.convertedClicks());
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
  { dimensions, key, filter, atBuild = null, timeZone = null }: ConversionGroup,
): Promise<Finality> {
  // Which conversions match then depends on the ends of iterations, which are not known yet for the current ones.
  if (typeof filter.aroundBoundary === 'number') return { finalThrough: null, isFinal: false };
  const build = await (atBuild === null ? loaders.build() : loaders.buildByNumber.load(atBuild));
  const ends = dimensions.map((dimension, index) => {
    const start = key[index] ?? null;
    if (start === null) return null;
    if (dimension === 'DAY') return timeZone ? (instantsOfDay(timeZone, start)?.to ?? null) : endOfPeriod(start, 'day');
    if (dimension !== 'HOUR') return null;
    return timeZone ? (instantsOfHour(timeZone, start)?.to ?? null) : endOfPeriod(start, 'hour');
  });
  const bounds = [...ends, filter.convertedBetween?.to ?? null].filter((end) => end !== null);
  return finalityOf(bounds, build && finalThrough(buildTimes(build)));
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
