import { type RawBuilder, sql } from 'kysely';
import { isStartOfDay } from '../../../domain/instant.ts';
import { fixedIfShaped } from '../compiled-statements.ts';
import { type AnyCondition, type Condition, columnIn, every, textIn, within } from '../conditions.ts';
import type { BuildReader } from '../connect.ts';
import type { ParentKey } from '../list-query.ts';
import { comparedText, type InstantRange } from '../sql.ts';
import { attributionSchema, type WarehouseTables } from '../tables.ts';
import {
  type ConversionFilter,
  conversionsFor,
  conversionsMatch,
  conversionTable,
  isStateOf,
  statusesOf,
} from './conversions.ts';
import { areInGroups, conversionDimensions, isInGroups, type MetricDimension, zoneOf } from './dimensions.ts';

/** The conversions that match a filter and have this key in these dimensions. */
export interface ConversionGroup {
  readonly dimensions: readonly MetricDimension[];
  readonly key: readonly (string | null)[];
  readonly filter: ConversionFilter;
  /** Number of the build at whose state; null or absent: the build that is served. */
  readonly atBuild?: string | null;
  /** Of the days and hours in the key; null or absent: UTC. */
  readonly timeZone?: string | null;
}

/** Aggregates of one group of conversions; `key` has one value per dimension. */
export interface AggregateRow {
  readonly key: ParentKey;
  readonly conversions: number;
  /** Exact sum, four decimals; conversions without a payout count as 0. */
  readonly payout: string;
  readonly firstConversionAt: string | null;
  readonly lastConversionAt: string | null;
  /** Distinct clicks that have a conversion in the group; absent unless the query `countsClicks`. */
  readonly convertedClicks?: number;
  /** The value by which a page is ordered, as text, if it is none of the above. */
  readonly measure?: string | null;
}

export type MetricOrderField =
  | 'CONVERSIONS'
  | 'PAYOUT'
  | 'FIRST_CONVERSION_AT'
  | 'LAST_CONVERSION_AT'
  | 'CLICKS'
  | 'CONVERTED_CLICKS'
  | 'CONVERSIONS_PER_CLICK'
  | 'CLICK_CONVERSION_RATE'
  | 'UNATTRIBUTED'
  | 'UNATTRIBUTED_SHARE'
  | 'KEY';

/** Lower bounds of a group's metrics; null or absent: none. A group without a number of clicks has none that meets a bound. */
export interface GroupCondition {
  readonly minConversions?: number | null;
  readonly minClicks?: number | null;
  readonly minConvertedClicks?: number | null;
  readonly minUnattributed?: number | null;
  readonly minUnattributedShare?: number | null;
}

/** The groups to aggregate, and over which conversions. */
export interface AggregateQuery {
  readonly dimensions: readonly MetricDimension[];
  readonly filter: ConversionFilter;
  /** Number of the build at whose state; null or absent: the build that is served. */
  readonly atBuild?: string | null;
  /** Of days and hours; null or absent: UTC. */
  readonly timeZone?: string | null;
  /** Whether distinct clicks are counted, which needs the single conversions. */
  readonly countsClicks?: boolean;
  /** Whether unattributed conversions are counted, which needs the single conversions. */
  readonly countsUnattributed?: boolean;
  /** Only groups that meet these bounds. */
  readonly having?: GroupCondition | null;
  /** Limits the result to these groups of the leading dimensions; absent: all groups. */
  readonly within?: { readonly dimensions: readonly MetricDimension[]; readonly keys: readonly ParentKey[] };
}

/** The table to aggregate and its columns: single conversions, or their daily sums. */
interface Source {
  readonly table: keyof WarehouseTables;
  /** The table, with what the condition needs besides. */
  readonly from: () => RawBuilder<unknown>;
  readonly expressions: (dimensions: readonly MetricDimension[]) => RawBuilder<string | null>[];
  readonly within: (dimensions: readonly MetricDimension[], keys: readonly ParentKey[]) => Condition;
  readonly where: AnyCondition;
  readonly conversions: RawBuilder<unknown>;
  readonly payout: RawBuilder<unknown>;
  readonly first: RawBuilder<unknown>;
  readonly last: RawBuilder<unknown>;
}

/** All groups, unordered, in one statement. */
export async function aggregateAll(warehouse: BuildReader, query: AggregateQuery): Promise<AggregateRow[]> {
  const name = query.countsClicks ? 'metrics.convertedClicks' : 'metrics.all';
  const { shape, values, build } = groupedConversions(query);
  const statement = fixedIfShaped(shape === null ? null : `groups ${shape}`, values, build);
  return aggregateRows(await warehouse.rows<RawRow>(name, statement), query.dimensions);
}

/** `key_0` and so on, and the aggregates. */
export type RawRow = {
  conversions: string;
  payout: string;
  first_converted_at: string | null;
  last_converted_at: string | null;
} & Record<string, string | null>;

export function aggregateRows(rows: readonly RawRow[], dimensions: readonly MetricDimension[]): AggregateRow[] {
  const names = dimensions.map((_, index) => `key_${index}`);
  return rows.map((row) => ({
    key: names.map((name) => row[name] ?? null),
    conversions: Number(row.conversions),
    payout: row.payout,
    firstConversionAt: row.first_converted_at,
    lastConversionAt: row.last_converted_at,
    ...(row.converted_clicks === undefined ? {} : { convertedClicks: Number(row.converted_clicks) }),
  }));
}

/** A statement, or a part of one, and what identifies its text: see `fixedQuery`. */
export interface Grouped {
  /** Null: the text is not to be kept: it has the changes of a zone's clock, and is too long, or it holds a value of the client. */
  readonly shape: string | null;
  readonly values: readonly unknown[];
  readonly build: () => RawBuilder<RawRow>;
}

/** The groups of a query. */
export function groupedConversions(query: AggregateQuery): Grouped {
  const source = canUseDailySums(query) ? daily(query.filter) : single(query);
  const { dimensions, within: groups, countsClicks = false, countsUnattributed = false } = query;
  const counts = [...(countsClicks ? [clickCount] : []), ...(countsUnattributed ? unattributedCounts : [])];
  const where = groups ? every([source.where, source.within(groups.dimensions, groups.keys)]) : source.where;
  const { shape, values } = where;
  return {
    shape:
      shape !== null && zoneOf(dimensions, query.timeZone) === null
        ? `${dimensions}${countsClicks ? ' and clicks' : ''}${countsUnattributed ? ' and unattributed' : ''} of ${source.table} where ${shape}`
        : null,
    values,
    build: () => selectGroups(source, source.expressions(dimensions), where, counts),
  };
}

function selectGroups(
  source: Source,
  keys: readonly RawBuilder<string | null>[],
  where: AnyCondition,
  counts: readonly RawBuilder<unknown>[],
): RawBuilder<RawRow> {
  return sql<RawRow>`
    select ${sql.join([
      ...keys.map((key, index) => sql`${key} as ${sql.ref(`key_${index}`)}`),
      sql`${source.conversions} as conversions`,
      // The cast keeps the four decimals, which an empty sum would lose.
      sql`cast(coalesce(${source.payout}, 0) as numeric(38, 4)) as payout`,
      sql`${source.first} as first_converted_at`,
      sql`${source.last} as last_converted_at`,
      ...counts,
    ])}
    from ${source.from()} as source where ${where.build()}
    ${groupedByFirst(keys.length)}`;
}

/** Groups by the first columns of a SELECT: by their places, because a local day is a long expression. */
export function groupedByFirst(count: number): RawBuilder<unknown> {
  const places = Array.from({ length: count }, (_, index) => index + 1);
  return count === 0 ? sql`` : sql.raw(`group by ${places.join(', ')}`);
}

/** A click counts once, however many goals it reached. An id of which no click was found is none. */
const clickCount = sql`count(distinct case when click_timestamp is not null then ${comparedText('click_id')} end) as converted_clicks`;

const unattributed = sql`count(case when attribution_status <> 'ATTRIBUTED' then 1 end)`;
/** The share is compared, and is in cursors, with twelve digits after the point. A group has at least one conversion. */
const unattributedCounts = [
  sql`${unattributed} as unattributed`,
  sql`cast(cast(${unattributed} as numeric(38, 12)) / count(*) as numeric(38, 12)) as unattributed_share`,
];

function single({ filter, atBuild = null, timeZone = null }: AggregateQuery): Source {
  const table = conversionTable(atBuild);
  return {
    table,
    from: () => conversionsFor(filter, table),
    expressions: (dimensions) => conversionDimensions(dimensions, timeZone, filter.convertedBetween ?? {}),
    within: (dimensions, keys) => areInGroups(dimensions, timeZone, keys),
    where: every([isStateOf(atBuild), conversionsMatch(filter, table)]),
    conversions: sql`count(*)`,
    payout: sql`sum(payout)`,
    first: sql`min(converted_at)`,
    last: sql`max(converted_at)`,
  };
}

/** The dimensions that `iteration_metrics_daily` has. */
const dailyColumns: Partial<Record<MetricDimension, RawBuilder<string | null>>> = {
  STRATEGY: sql.ref('strategy_id'),
  ITERATION: sql.ref('iteration_id'),
  GOAL: comparedText('goal_reference_id'),
  DAY: sql.ref('conversion_day'),
};

/**
 * Whether the sums per iteration, goal and day answer the query exactly: it selects attributed conversions only, its time
 * range consists of whole UTC days, and so do its groups, and it is about the build that is served, and counts neither clicks nor
 * unattributed conversions.
 */
export function canUseDailySums(query: AggregateQuery): boolean {
  const { dimensions, filter, atBuild, timeZone, countsClicks, countsUnattributed } = query;
  if (atBuild || countsClicks || countsUnattributed || zoneOf(dimensions, timeZone) !== null) return false;
  const { iterationIds: _i, strategyIds: _s, goalReferenceIds: _g, status: _st, isAttributed: _a, ...rest } = filter;
  const { convertedBetween, ...others } = rest;
  if (!isAttributedOnly(filter) || Object.values(others).some((value) => value !== undefined && value !== null))
    return false;
  return isOfWholeDays(convertedBetween) && dimensions.every((name) => name in dailyColumns);
}

/** Whether a filter selects attributed conversions only. */
export function isAttributedOnly(filter: ConversionFilter): boolean {
  const status = statusesOf(filter);
  return status ? isAttributedStatus(status) : Boolean(filter.iterationIds);
}

/** Whether a list of statuses contains ATTRIBUTED and nothing else. */
export function isAttributedStatus(status: NonNullable<ConversionFilter['status']>): boolean {
  return status.length > 0 && status.every((name) => name === 'ATTRIBUTED');
}

/** The ends that a range has. */
export const endsOf = (range: InstantRange | null | undefined): string[] => [range?.from ?? [], range?.to ?? []].flat();

/** Whether a range has an end. */
export const isBounded = (range: InstantRange | null | undefined): range is InstantRange => endsOf(range).length > 0;

/** Whether a range consists of whole UTC days. */
export const isOfWholeDays = (range: InstantRange | null | undefined): boolean => endsOf(range).every(isStartOfDay);

function daily(filter: ConversionFilter): Source {
  const conditions: Condition[] = [];
  if (filter.iterationIds) conditions.push(columnIn('iteration_id', filter.iterationIds));
  if (filter.strategyIds) conditions.push(columnIn('strategy_id', filter.strategyIds));
  if (filter.goalReferenceIds) conditions.push(textIn('goal_reference_id', filter.goalReferenceIds));
  if (filter.convertedBetween) conditions.push(withinDays('conversion_day', filter.convertedBetween));
  const expressions = (dimensions: readonly MetricDimension[]) =>
    dimensions.flatMap((name) => dailyColumns[name] ?? []);
  return {
    table: 'iteration_metrics_daily',
    from: () => sql.table(`${attributionSchema}.iteration_metrics_daily`),
    expressions,
    within: (dimensions, keys) => isInGroups(dimensions, expressions(dimensions), keys),
    where: every(conditions),
    conversions: sql`coalesce(sum(conversions), 0)`,
    payout: sql`sum(payout)`,
    first: sql`min(first_converted_at)`,
    last: sql`max(last_converted_at)`,
  };
}

/** A range of whole days, as a condition on a column of days. */
export const withinDays = (column: string, { from, to }: InstantRange): Condition =>
  within(column, { from: from?.slice(0, 10) ?? null, to: to?.slice(0, 10) ?? null });
