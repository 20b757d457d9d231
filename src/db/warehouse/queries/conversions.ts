import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { fixedQuery } from '../compiled-statements.ts';
import {
  type AnyCondition,
  type Condition,
  columnIn,
  equalTo,
  every,
  storedTextIn,
  textIn,
  within,
} from '../conditions.ts';
import type { BuildReader } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { type Order, type Sorting, sorting, time } from '../order.ts';
import { comparedText, type InstantRange, isIn, isStoredTextIn, storedTexts } from '../sql.ts';
import {
  type AttributionMethodName,
  type AttributionStatusName,
  attributionSchema,
  attributionStatuses,
  type WarehouseTables,
} from '../tables.ts';

export interface ConversionRow {
  readonly id: string;
  readonly click_id: string | null;
  readonly goal_reference_id: string | null;
  readonly payout: string | null;
  readonly converted_at: string;
  readonly loaded_at: string;
  readonly clicked_at: string | null;
  readonly campaign_id: string | null;
  readonly strategy_id: string | null;
  readonly iteration_id: string | null;
  readonly status: AttributionStatusName;
  readonly method: AttributionMethodName | null;
  readonly microseconds_into_iteration: string | null;
}

export type ConversionColumn = keyof ConversionRow;

export interface ClickLoadTime {
  readonly id: string;
  readonly click_id: string | null;
  readonly clicked_at: string | null;
  readonly loaded_at: string | null;
}

/** Conditions on conversions, combined with AND. An empty list matches nothing. */
export interface ConversionFilter {
  readonly ids?: readonly string[] | null;
  readonly clickIds?: readonly string[] | null;
  readonly strategyIds?: readonly string[] | null;
  readonly iterationIds?: readonly string[] | null;
  readonly campaignIds?: readonly string[] | null;
  /** Of the click's campaign, if the rule got so far. */
  readonly offerIds?: readonly string[] | null;
  readonly goalReferenceIds?: readonly string[] | null;
  readonly status?: readonly AttributionStatusName[] | null;
  /** true: only attributed conversions; false: only unattributed ones. In addition to `status`. */
  readonly isAttributed?: boolean | null;
  readonly method?: AttributionMethodName | null;
  readonly convertedBetween?: InstantRange | null;
  readonly clickedBetween?: InstantRange | null;
  /** Seconds: only conversions whose click came at most this long after the start of its iteration. */
  readonly boundaryWithin?: number | null;
  /** Seconds: only conversions whose click came at most this long before or after the start or the end of its iteration. */
  readonly aroundBoundary?: number | null;
}

export type ConversionOrderField = 'ID' | 'CONVERTED_AT' | 'CLICKED_AT' | 'LOADED_AT' | 'PAYOUT';

export const conversionSorting: Sorting<ConversionRow, ConversionOrderField> = sorting('Conversion', 'event_id', {
  CONVERTED_AT: { ...time('converted_at'), value: (row: ConversionRow) => row.converted_at, nullable: false },
  CLICKED_AT: { ...time('click_timestamp'), value: (row: ConversionRow) => row.clicked_at, nullable: true },
  LOADED_AT: { ...time('loaded_at'), value: (row: ConversionRow) => row.loaded_at, nullable: false },
  PAYOUT: { column: sql.ref('payout'), value: (row: ConversionRow) => row.payout, nullable: true },
});

/** The column of each order, besides that of the id. */
const orderColumns: Readonly<Record<ConversionOrderField, ConversionColumn>> = {
  ID: 'id',
  CONVERTED_AT: 'converted_at',
  CLICKED_AT: 'clicked_at',
  LOADED_AT: 'loaded_at',
  PAYOUT: 'payout',
};

/** A list of conversions. */
export interface ConversionQuery {
  readonly filter: ConversionFilter;
  /** Only those of these groups. */
  readonly within?: Condition;
  readonly order: Order<ConversionOrderField>;
  /** Number of the build whose state to read from the history; null or absent: the build that is served. */
  readonly atBuild?: string | null;
  /** The columns to read, besides those of the id and the order; others are absent in the rows. Null or absent: all. */
  readonly columns?: readonly ConversionColumn[] | null;
}

/** The conversions of a query, in a total order. */
export function conversionList(
  warehouse: BuildReader,
  { filter, within, order, atBuild = null, columns = null }: ConversionQuery,
): ListQuery<ConversionTable, ConversionRow> {
  const read = columns && new Set<string>(['id', orderColumns[order.field], ...columns]);
  const table = conversionTable(atBuild);
  const matches = every([isStateOf(atBuild), conversionsMatch(filter, table), ...(within ? [within] : [])]);
  const names = conversionColumns.filter((name) => read === null || read.has(name));
  return {
    name: 'conversions.page',
    select: () => selectConversions(warehouse, table, filter, names).where(matches.build()),
    sort: conversionSorting.columns(order),
    ...(matches.shape === null
      ? {}
      : {
          fixed: {
            shape: `conversions ${names} where ${matches.shape} by ${order.field} ${order.direction}`,
            values: matches.values,
          },
        }),
  };
}

/** The conversions with these ids, unordered. */
export function conversionsByIds(warehouse: BuildReader, ids: readonly string[]): Promise<ConversionRow[]> {
  const values = storedTexts(ids);
  const query = fixedQuery<ConversionRow>(`conversions.byId ${values.length}`, values, () =>
    selectConversions(warehouse, conversionTable(null), {}, conversionColumns).where(isIn(sql.ref('event_id'), values)),
  );
  return warehouse.rows('conversions.byId', query);
}

/** A table of conversions: that of the build itself, or the history, which has the same columns and more. */
export type ConversionTable = 'goal_complete_events_attributed' | 'attribution_history';

/** The table with the conversions of a build, see `conversionList`. */
export const conversionTable = (atBuild: string | null): ConversionTable =>
  atBuild === null ? 'goal_complete_events_attributed' : 'attribution_history';

/** The rows of the history that are the state of a build; all rows of `goal_complete_events_attributed` are that of its build. */
export function isStateOf(atBuild: string | null): Condition {
  if (atBuild === null) return every([]);
  return {
    shape: 'at build',
    values: [atBuild, atBuild],
    build: () =>
      sql<SqlBool>`(from_build_number <= ${atBuild} and (until_build_number is null or until_build_number > ${atBuild}))`,
  };
}

/** Each column of a `ConversionRow`, as an expression on a table of conversions. */
export const conversionExpressions: Readonly<Record<ConversionColumn, RawBuilder<unknown>>> = {
  id: sql.ref('event_id'),
  click_id: sql.ref('click_id'),
  goal_reference_id: comparedText('goal_reference_id'),
  payout: sql.ref('payout'),
  converted_at: sql.ref('converted_at'),
  loaded_at: sql.ref('loaded_at'),
  clicked_at: sql.ref('click_timestamp'),
  campaign_id: sql.ref('campaign_id'),
  strategy_id: sql.ref('strategy_id'),
  iteration_id: sql.ref('iteration_id'),
  status: sql.ref('attribution_status'),
  method: sql.ref('attribution_method'),
  microseconds_into_iteration: sql.ref('microseconds_into_iteration'),
};

const conversionColumns = Object.keys(conversionExpressions) as readonly ConversionColumn[];

function selectConversions(
  warehouse: BuildReader,
  table: ConversionTable,
  filter: ConversionFilter,
  names: readonly ConversionColumn[],
) {
  const columns = names.map((name) => conversionExpressions[name].as(name));
  const from = conversionsFor(filter, table).as('conversion');
  // Its columns are those of the table, and more.
  const select = warehouse.db.selectFrom(from) as unknown as SelectQueryBuilder<
    WarehouseTables,
    ConversionTable,
    unknown
  >;
  return select.select(columns).$castTo<ConversionRow>();
}

/** What to select conversions from, for a condition of `conversionsMatch`: the table, with what a filter needs of the iterations. */
export function conversionsFor(filter: ConversionFilter, table: ConversionTable): RawBuilder<unknown> {
  const stored = (name: string) => sql.table(`${attributionSchema}.${name}`);
  if (!isNumber(filter.aroundBoundary)) return stored(table);
  return sql`(
    select clicked.*, chosen.ended_at
    from ${stored(table)} as clicked
    join ${stored('iterations_with_end_time')} as chosen on chosen.iteration_id = clicked.iteration_id
  )`;
}

/** When the clicks of these conversions were loaded, unordered. Apart from the others: builds of earlier releases lack it. */
export function clickLoadTimes(warehouse: BuildReader, ids: readonly string[]): Promise<ClickLoadTime[]> {
  const query = warehouse.db
    .selectFrom('goal_complete_events_attributed')
    .select(['event_id as id', 'click_id', 'click_timestamp as clicked_at', 'click_loaded_at as loaded_at'])
    .where(isStoredTextIn('event_id', ids));
  return warehouse.rows('clicks.loadedAt', query);
}

/** The statuses that a filter selects, by `status` and `isAttributed`; null: all. */
export function statusesOf({ status, isAttributed }: ConversionFilter): readonly AttributionStatusName[] | null {
  if (isAttributed === undefined || isAttributed === null) return status ?? null;
  return (status ?? attributionStatuses).filter((name) => (name === 'ATTRIBUTED') === isAttributed);
}

/** A filter as a condition on `conversionsFor`. The history does not have the ends of iterations, for `aroundBoundary`. */
export function conversionsMatch(filter: ConversionFilter, table: ConversionTable): AnyCondition {
  const conditions: AnyCondition[] = [];
  const lists: [string, readonly string[] | null | undefined][] = [
    ['strategy_id', filter.strategyIds],
    ['iteration_id', filter.iterationIds],
    ['campaign_id', filter.campaignIds],
    ['campaign_offer_id', filter.offerIds],
    ['attribution_status', statusesOf(filter)],
  ];
  if (filter.ids) conditions.push(storedTextIn('event_id', filter.ids));
  if (filter.clickIds) conditions.push(textIn('click_id', filter.clickIds));
  if (filter.goalReferenceIds) conditions.push(textIn('goal_reference_id', filter.goalReferenceIds));
  for (const [column, values] of lists) if (values) conditions.push(columnIn(column, values));
  if (filter.method) conditions.push(equalTo('attribution_method', filter.method));
  if (filter.convertedBetween) conditions.push(within('converted_at', filter.convertedBetween));
  if (filter.clickedBetween) conditions.push(within('click_timestamp', filter.clickedBetween));
  if (isNumber(filter.boundaryWithin)) conditions.push(isNearStart(String(BigInt(filter.boundaryWithin) * 1_000_000n)));
  if (isNumber(filter.aroundBoundary)) {
    if (table === 'attribution_history') throw new Error('aroundBoundary reached the history');
    conditions.push(isNearStartOrEnd(filter.aroundBoundary));
  }
  return every(conditions);
}

const isNumber = (value: number | null | undefined): value is number => value !== null && value !== undefined;

/** Whether the click came at most so long after the start of its iteration. */
const isNearStart = (microseconds: string): Condition => ({
  shape: 'near start',
  values: [microseconds],
  build: () => sql<SqlBool>`(microseconds_into_iteration >= 0 and microseconds_into_iteration <= ${microseconds})`,
});

/**
 * Whether the click came at most so long before or after the start or the end of its iteration. The interval is a literal, because
 * Redshift has no parameters of this type; so the text is not kept.
 */
function isNearStartOrEnd(seconds: number): AnyCondition {
  const microseconds = String(BigInt(seconds) * 1_000_000n);
  const span = sql.raw(`interval '${BigInt(seconds)} seconds'`);
  return {
    shape: null,
    values: [],
    build: () => sql<SqlBool>`(
      (microseconds_into_iteration >= ${`-${microseconds}`} and microseconds_into_iteration <= ${microseconds})
      or (click_timestamp >= ended_at - ${span} and click_timestamp <= ended_at + ${span})
    )`,
  };
}
