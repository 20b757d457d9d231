import { type RawBuilder, sql } from 'kysely';
import { isDay, isInstant, isStartOfDay } from '../../../domain/instant.ts';
import { TimeOutOfRange } from '../../../errors.ts';
import type { Page, PageRequest } from '../../page.ts';
import { fixedQuery } from '../compiled-statements.ts';
import { type Condition, columnIn, every, textIn, within } from '../conditions.ts';
import type { BuildReader } from '../connect.ts';
import { isAfter, orderBy, type SortColumn, shapeOfAfter, valuesOfAfter } from '../keyset.ts';
import type { ParentKey } from '../list-query.ts';
import { cursorHint, type Order } from '../order.ts';
import { allOf, comparedText, type InstantRange } from '../sql.ts';
import { attributionSchema, type WarehouseTables } from '../tables.ts';
import { type ConversionFilter, conversionsMatch, conversionTable, isStateOf, statusesOf } from './conversions.ts';
import { conversionDimensions, isInGroups, type MetricDimension } from './dimensions.ts';

/** The conversions that match a filter and have this key in these dimensions. */
export interface ConversionGroup {
  readonly dimensions: readonly MetricDimension[];
  readonly key: readonly (string | null)[];
  readonly filter: ConversionFilter;
  /** Number of the build at whose state; null or absent: the build that is served. */
  readonly atBuild?: string | null;
}

/** Aggregates of one group of conversions; `key` has one value per dimension. */
export interface AggregateRow {
  readonly key: ParentKey;
  readonly conversions: number;
  /** Exact sum, four decimals; conversions without a payout count as 0. */
  readonly payout: string;
  readonly firstConversionAt: string | null;
  readonly lastConversionAt: string | null;
}

export type MetricOrderField = 'CONVERSIONS' | 'PAYOUT' | 'KEY';

/** The groups to aggregate, and over which conversions. */
export interface AggregateQuery {
  readonly dimensions: readonly MetricDimension[];
  readonly filter: ConversionFilter;
  /** Number of the build at whose state; null or absent: the build that is served. */
  readonly atBuild?: string | null;
  /** Limits the result to these groups of the leading dimensions; absent: all groups. */
  readonly within?: { readonly dimensions: readonly MetricDimension[]; readonly keys: readonly ParentKey[] };
}

/** The table to aggregate and its columns: single conversions, or their daily sums. */
interface Source {
  readonly table: keyof WarehouseTables;
  readonly expressions: (dimensions: readonly MetricDimension[]) => RawBuilder<string | null>[];
  readonly where: Condition;
  readonly conversions: RawBuilder<unknown>;
  readonly payout: RawBuilder<unknown>;
  readonly first: RawBuilder<unknown>;
  readonly last: RawBuilder<unknown>;
}

/** All groups, unordered, in one statement. */
export async function aggregateAll(warehouse: BuildReader, query: AggregateQuery): Promise<AggregateRow[]> {
  const { shape, values, build } = grouped(query);
  const rows = await warehouse.rows('metrics.all', fixedQuery<RawRow>(`groups ${shape}`, values, build));
  return aggregateRows(rows, query.dimensions);
}

/** One page of groups in a total order, in one statement. */
export async function aggregatePage(
  warehouse: BuildReader,
  query: AggregateQuery,
  order: Order<MetricOrderField>,
  page: PageRequest,
): Promise<Page<AggregateRow>> {
  const sort = metricSort(query.dimensions, order);
  const { after } = page;
  const limit = page.first + 1;
  const { shape, values, build } = grouped(query);
  const ofPage = `page of groups ${shape} by ${order.field} ${order.direction} ${after === null ? '' : shapeOfAfter(after)}`;
  const all = [...values, ...(after === null ? [] : valuesOfAfter(sort, after)), limit];
  const statement = fixedQuery<RawRow>(ofPage, all, () => {
    const where = after === null ? allOf([]) : isAfter(sort, after);
    return sql<RawRow>`
    select * from (${build()}) as grouped where ${where}
    order by ${orderBy(sort)} limit ${limit}`;
  });
  const rows = await warehouse.rows('metrics.page', statement);
  return {
    rows: aggregateRows(rows.slice(0, page.first), query.dimensions),
    hasNextPage: rows.length > page.first,
  };
}

/** The number of groups. */
export async function countGroups(warehouse: BuildReader, query: AggregateQuery): Promise<number> {
  const { shape, values, build } = grouped(query);
  const statement = fixedQuery<{ total: string }>(
    `count of groups ${shape}`,
    values,
    () => sql`select count(*) as total from (${build()}) as grouped`,
  );
  const [row] = await warehouse.rows('metrics.count', statement);
  return Number(row?.total ?? 0);
}

/**
 * A group's position in an order, for its cursor.
 *
 * @throws {TimeOutOfRange} for a group of a day or hour that RFC 3339 can't express.
 */
export function aggregatePosition(
  row: AggregateRow,
  dimensions: readonly MetricDimension[],
  order: Order<MetricOrderField>,
): (string | null)[] {
  for (const [index, dimension] of dimensions.entries()) {
    const value = row.key[index] ?? null;
    if (value !== null && timeDimensions[dimension]?.(value) === false)
      throw new TimeOutOfRange({ type: 'Group', id: row.key.join(', ') }, dimension, value, cursorHint);
  }
  if (order.field === 'CONVERSIONS') return [String(row.conversions), ...row.key];
  if (order.field === 'PAYOUT') return [row.payout, ...row.key];
  return [...row.key];
}

const timeDimensions: Partial<Record<MetricDimension, (text: string) => boolean>> = { DAY: isDay, HOUR: isInstant };

type RawRow = {
  conversions: string;
  payout: string;
  first_converted_at: string | null;
  last_converted_at: string | null;
} & Record<string, string | null>;

function aggregateRows(rows: readonly RawRow[], dimensions: readonly MetricDimension[]): AggregateRow[] {
  const names = dimensions.map((_, index) => `key_${index}`);
  return rows.map((row) => ({
    key: names.map((name) => row[name] ?? null),
    conversions: Number(row.conversions),
    payout: row.payout,
    firstConversionAt: row.first_converted_at,
    lastConversionAt: row.last_converted_at,
  }));
}

/** The total order of groups: by a measure, then by the key, because measures may tie. */
export function metricSort(
  dimensions: readonly MetricDimension[],
  { field, direction }: Order<MetricOrderField>,
): SortColumn[] {
  const byKey = (keyDirection: 'ASC' | 'DESC') =>
    dimensions.map(
      (_, index): SortColumn => ({
        expression: sql.ref(`key_${index}`),
        direction: keyDirection,
        nullable: true,
      }),
    );
  if (field === 'KEY') return byKey(direction);
  const measure = sql.ref(field === 'CONVERSIONS' ? 'conversions' : 'payout');
  return [{ expression: measure, direction, nullable: false }, ...byKey('ASC')];
}

/** The groups of a query, and what identifies their SQL: see `fixedQuery`. */
function grouped(query: AggregateQuery) {
  const source = canUseDailySums(query) ? daily(query.filter) : single(query.filter, query.atBuild ?? null);
  const { dimensions, within } = query;
  const where = within
    ? every([source.where, isInGroups(within.dimensions, source.expressions(within.dimensions), within.keys)])
    : source.where;
  return {
    shape: `${dimensions} of ${source.table} where ${where.shape}`,
    values: where.values,
    build: () => selectGroups(source, source.expressions(dimensions), where),
  };
}

function selectGroups(source: Source, keys: readonly RawBuilder<string | null>[], where: Condition) {
  return sql<RawRow>`
    select ${sql.join([
      ...keys.map((key, index) => sql`${key} as ${sql.ref(`key_${index}`)}`),
      sql`${source.conversions} as conversions`,
      // The cast keeps the four decimals, which an empty sum would lose.
      sql`cast(coalesce(${source.payout}, 0) as numeric(38, 4)) as payout`,
      sql`${source.first} as first_converted_at`,
      sql`${source.last} as last_converted_at`,
    ])}
    from ${sql.table(`${attributionSchema}.${source.table}`)} where ${where.build()}
    ${keys.length === 0 ? sql`` : sql`group by ${sql.join(keys)}`}`;
}

function single(filter: ConversionFilter, atBuild: string | null): Source {
  return {
    table: conversionTable(atBuild),
    expressions: conversionDimensions,
    where: every([isStateOf(atBuild), conversionsMatch(filter)]),
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
 * range consists of whole days, and it is about the build that is served.
 */
export function canUseDailySums({ dimensions, filter, atBuild }: AggregateQuery): boolean {
  if (atBuild) return false;
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

const endsOf = (range: InstantRange | null | undefined): string[] => [range?.from ?? [], range?.to ?? []].flat();

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
  return {
    table: 'iteration_metrics_daily',
    expressions: (dimensions) => dimensions.flatMap((name) => dailyColumns[name] ?? []),
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
