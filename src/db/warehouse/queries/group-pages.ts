import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isDay, isInstant } from '../../../domain/instant.ts';
import { TimeOutOfRange } from '../../../errors.ts';
import type { Page, PageRequest } from '../../page.ts';
import { fixedIfShaped } from '../compiled-statements.ts';
import { every } from '../conditions.ts';
import type { BuildReader } from '../connect.ts';
import { isAfter, orderBy, type SortColumn, shapeOfAfter, valuesOfAfter } from '../keyset.ts';
import { cursorHint, type Order } from '../order.ts';
import { allOf } from '../sql.ts';
import {
  type AggregateQuery,
  type AggregateRow,
  aggregateRows,
  type GroupCondition,
  type Grouped,
  groupedConversions,
  type MetricOrderField,
  type RawRow,
} from './aggregates.ts';
import { type ClickFilter, clickFilter, groupedClicks } from './clicks.ts';
import type { MetricDimension } from './dimensions.ts';

// The groups of conversions as a list: ordered by any of their metrics, and restricted by them.

/** The column of each order; null: the keys. */
const orderColumns: Readonly<Record<MetricOrderField, string | null>> = {
  CONVERSIONS: 'conversions',
  PAYOUT: 'payout',
  FIRST_CONVERSION_AT: 'first_converted_at',
  LAST_CONVERSION_AT: 'last_converted_at',
  CLICKS: 'clicks',
  CONVERTED_CLICKS: 'converted_clicks',
  CONVERSIONS_PER_CLICK: 'conversions_per_click',
  CLICK_CONVERSION_RATE: 'click_conversion_rate',
  UNATTRIBUTED: 'unattributed',
  UNATTRIBUTED_SHARE: 'unattributed_share',
  KEY: null,
};

/** Groups of iterations without clicks have no rate, and unattributed ones no number of clicks. */
const nullableOrders: readonly MetricOrderField[] = ['CLICKS', 'CONVERSIONS_PER_CLICK', 'CLICK_CONVERSION_RATE'];

/** Whether an order is one by a rate. */
export const isRate = (field: MetricOrderField): boolean =>
  field === 'CONVERSIONS_PER_CLICK' || field === 'CLICK_CONVERSION_RATE';

/** Whether a list of groups needs their clicks. */
export const needsClicks = (field: MetricOrderField, having: GroupCondition | null): boolean =>
  nullableOrders.includes(field) || isNumber(having?.minClicks);

/** Whether it needs the distinct clicks of their conversions. */
export const needsConvertedClicks = (field: MetricOrderField, having: GroupCondition | null): boolean =>
  field === 'CONVERTED_CLICKS' || field === 'CLICK_CONVERSION_RATE' || isNumber(having?.minConvertedClicks);

/** Whether it needs the unattributed ones among their conversions. */
const needsUnattributed = (field: MetricOrderField, having: GroupCondition | null): boolean =>
  field === 'UNATTRIBUTED' ||
  field === 'UNATTRIBUTED_SHARE' ||
  isNumber(having?.minUnattributed) ||
  isNumber(having?.minUnattributedShare);

const isNumber = (value: number | null | undefined): value is number => value !== null && value !== undefined;

/** The clicks that a list of groups needs; null: none, or they can't be counted. */
export function clicksOfGroups(query: AggregateQuery, field: MetricOrderField): ClickFilter | null {
  if (!needsClicks(field, query.having ?? null)) return null;
  return clickFilter(query.dimensions, query.filter, query.timeZone ?? null);
}

/** One page of groups in a total order, in one statement. */
export async function aggregatePage(
  warehouse: BuildReader,
  query: AggregateQuery,
  order: Order<MetricOrderField>,
  page: PageRequest,
): Promise<Page<AggregateRow>> {
  const { dimensions } = query;
  const sort = metricSort(dimensions, order);
  const { after } = page;
  const limit = page.first + 1;
  const groups = listed(query, order.field);
  const conditions = conditionsOf(query.having);
  const build = () => sql<RawRow>`
    select * from (${groups.build()}) as grouped
    where ${allOf([...conditions, ...(after === null ? [] : [isAfter(sort, after)])])}
    order by ${orderBy(sort)} limit ${limit}`;
  const isFixed = groups.shape !== null && conditions.length === 0;
  const shape = isFixed
    ? `page of groups ${groups.shape} by ${order.field} ${order.direction} ${after === null ? '' : shapeOfAfter(after)}`
    : null;
  const values = [...groups.values, ...(after === null ? [] : valuesOfAfter(sort, after)), limit];
  const rows = await warehouse.rows<RawRow>('metrics.page', fixedIfShaped(shape, values, build));
  const column = orderColumns[order.field];
  const kept = rows.slice(0, page.first);
  return {
    rows: aggregateRows(kept, dimensions).map((row, index) => ({
      ...row,
      measure: column === null ? null : (kept[index]?.[column] ?? null),
    })),
    hasNextPage: rows.length > page.first,
  };
}

/** The number of groups. */
export async function countGroups(warehouse: BuildReader, query: AggregateQuery): Promise<number> {
  const groups = listed(query, 'KEY');
  const conditions = conditionsOf(query.having);
  const build = () => sql<{ total: string }>`
    select count(*) as total from (${groups.build()}) as grouped where ${allOf(conditions)}`;
  const isFixed = groups.shape !== null && conditions.length === 0;
  const shape = isFixed ? `count of groups ${groups.shape}` : null;
  const [row] = await warehouse.rows('metrics.count', fixedIfShaped(shape, groups.values, build));
  return Number(row?.total ?? 0);
}

function conditionsOf(having: GroupCondition | null | undefined): RawBuilder<SqlBool>[] {
  const bounds = {
    conversions: having?.minConversions,
    clicks: having?.minClicks,
    converted_clicks: having?.minConvertedClicks,
    unattributed: having?.minUnattributed,
  };
  const share = having?.minUnattributedShare;
  return [
    ...Object.entries(bounds).flatMap(([column, bound]) =>
      isNumber(bound) ? [sql<SqlBool>`${sql.ref(column)} >= ${bound}`] : [],
    ),
    ...(isNumber(share) ? [sql<SqlBool>`unattributed_share >= cast(${roundedDown(share)} as numeric(38, 12))`] : []),
  ];
}

/**
 * A share with the twelve digits of its column, rounded down: PostgreSQL rounds the column, Redshift may cut it off, and a share that
 * was read must meet itself as a bound in both.
 */
const roundedDown = (share: number): string => share.toFixed(20).slice(0, -8);

/** The groups with the columns that an order and a condition need. */
function listed(query: AggregateQuery, field: MetricOrderField): Grouped {
  const { dimensions, having = null } = query;
  const countsClicks = needsConvertedClicks(field, having);
  const groups = groupedConversions({ ...query, countsClicks, countsUnattributed: needsUnattributed(field, having) });
  const filter = clicksOfGroups(query, field);
  return filter === null
    ? groups
    : { shape: null, values: [], build: () => withClicks(dimensions, groups, filter, countsClicks) };
}

/** Groups with their clicks and rates. */
function withClicks(
  dimensions: readonly MetricDimension[],
  groups: Grouped,
  filter: ClickFilter,
  countsClicks: boolean,
): RawBuilder<RawRow> {
  const keys = dimensions.map((_, index) => `key_${index}`);
  const key = (table: string, name: string) => sql.ref(`${table}.${name}`);
  const known = sql.join(
    keys.map((name) => sql`${key('counted', name)} is not null`),
    sql` and `,
  );
  const same = sql.join(
    keys.map((name) => sql`${key('clicked', name)} = ${key('counted', name)}`),
    sql` and `,
  );
  // A rate is compared, and is in cursors, with twelve digits after the point.
  const rate = (column: string) =>
    sql`case when clicks > 0 then cast(cast(${sql.ref(column)} as numeric(38, 12)) / clicks as numeric(38, 12)) end`;
  return sql<RawRow>`
    select with_clicks.*, ${sql.join([
      sql`${rate('conversions')} as conversions_per_click`,
      ...(countsClicks ? [sql`${rate('converted_clicks')} as click_conversion_rate`] : []),
    ])}
    from (
      select counted.*, case when ${known} then cast(coalesce(clicked.clicks, 0) as bigint) end as clicks
      from (${groups.build()}) as counted
      left join (${groupedClicks(dimensions, filter, every([])).build()}) as clicked on ${same}
    ) as with_clicks`;
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
  const outOfRange = (column: string, value: string) =>
    new TimeOutOfRange({ type: 'Group', id: row.key.join(', ') }, column, value, cursorHint);
  for (const [index, dimension] of dimensions.entries()) {
    const value = row.key[index] ?? null;
    if (value !== null && timeDimensions[dimension]?.(value) === false) throw outOfRange(dimension, value);
  }
  if (order.field === 'CONVERSIONS') return [String(row.conversions), ...row.key];
  if (order.field === 'PAYOUT') return [row.payout, ...row.key];
  if (order.field === 'KEY') return [...row.key];
  const measure = row.measure ?? null;
  const isTime = order.field === 'FIRST_CONVERSION_AT' || order.field === 'LAST_CONVERSION_AT';
  if (isTime && measure !== null && !isInstant(measure)) throw outOfRange(order.field, measure);
  return [measure, ...row.key];
}

const timeDimensions: Partial<Record<MetricDimension, (text: string) => boolean>> = { DAY: isDay, HOUR: isInstant };

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
  const column = orderColumns[field];
  if (column === null) return byKey(direction);
  return [{ expression: sql.ref(column), direction, nullable: nullableOrders.includes(field) }, ...byKey('ASC')];
}
