import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { BuildReader } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { type Order, type Sorting, sorting, time } from '../order.ts';
import { allOf, comparedText, type InstantRange, isIn, isStoredTextIn, isTextIn, isWithin } from '../sql.ts';
import type { AttributionMethodName, AttributionStatusName } from '../tables.ts';

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
}

/** Conditions on conversions, combined with AND. An empty list matches nothing. */
export interface ConversionFilter {
  readonly ids?: readonly string[] | null;
  readonly clickIds?: readonly string[] | null;
  readonly strategyIds?: readonly string[] | null;
  readonly iterationIds?: readonly string[] | null;
  readonly campaignIds?: readonly string[] | null;
  readonly goalReferenceIds?: readonly string[] | null;
  readonly status?: readonly AttributionStatusName[] | null;
  readonly method?: AttributionMethodName | null;
  readonly convertedBetween?: InstantRange | null;
  readonly clickedBetween?: InstantRange | null;
  /** Seconds: only conversions whose click came at most this long after the start of its iteration. */
  readonly boundaryWithin?: number | null;
}

export type ConversionOrderField = 'ID' | 'CONVERTED_AT' | 'CLICKED_AT' | 'LOADED_AT' | 'PAYOUT';

export const conversionSorting: Sorting<ConversionRow, ConversionOrderField> = sorting('Conversion', 'event_id', {
  CONVERTED_AT: { ...time('converted_at'), value: (row: ConversionRow) => row.converted_at, nullable: false },
  CLICKED_AT: { ...time('click_timestamp'), value: (row: ConversionRow) => row.clicked_at, nullable: true },
  LOADED_AT: { ...time('loaded_at'), value: (row: ConversionRow) => row.loaded_at, nullable: false },
  PAYOUT: { column: sql.ref('payout'), value: (row: ConversionRow) => row.payout, nullable: true },
});

/** The conversions that match a condition, in a total order. */
export function conversionList(
  warehouse: BuildReader,
  where: RawBuilder<SqlBool>,
  order: Order<ConversionOrderField>,
): ListQuery<'goal_complete_events_attributed', ConversionRow> {
  return {
    name: 'conversions.page',
    select: conversionColumns(warehouse).where(where),
    sort: conversionSorting.columns(order),
  };
}

/** The conversions with these ids, unordered. */
export function conversionsByIds(warehouse: BuildReader, ids: readonly string[]): Promise<ConversionRow[]> {
  return warehouse.rows('conversions.byId', conversionColumns(warehouse).where(isStoredTextIn('event_id', ids)));
}

function conversionColumns(warehouse: BuildReader) {
  return warehouse.db
    .selectFrom('goal_complete_events_attributed')
    .select([
      'event_id as id',
      'click_id',
      comparedText('goal_reference_id').as('goal_reference_id'),
      'payout',
      'converted_at',
      'loaded_at',
      'click_timestamp as clicked_at',
      'campaign_id',
      'strategy_id',
      'iteration_id',
      'attribution_status as status',
      'attribution_method as method',
    ]);
}

/** A filter as a condition on `goal_complete_events_attributed`. */
export function conversionsMatch(filter: ConversionFilter): RawBuilder<SqlBool> {
  const conditions: RawBuilder<SqlBool>[] = [];
  const lists: [string, readonly string[] | null | undefined][] = [
    ['strategy_id', filter.strategyIds],
    ['iteration_id', filter.iterationIds],
    ['campaign_id', filter.campaignIds],
    ['attribution_status', filter.status],
  ];
  if (filter.ids) conditions.push(isStoredTextIn('event_id', filter.ids));
  if (filter.clickIds) conditions.push(isTextIn('click_id', filter.clickIds));
  if (filter.goalReferenceIds) conditions.push(isTextIn('goal_reference_id', filter.goalReferenceIds));
  for (const [column, values] of lists) if (values) conditions.push(isIn(sql.ref(column), values));
  if (filter.method) conditions.push(sql<SqlBool>`attribution_method = ${filter.method}`);
  if (filter.convertedBetween) conditions.push(isWithin(sql.ref('converted_at'), filter.convertedBetween));
  if (filter.clickedBetween) conditions.push(isWithin(sql.ref('click_timestamp'), filter.clickedBetween));
  if (filter.boundaryWithin !== undefined && filter.boundaryWithin !== null) {
    const microseconds = String(BigInt(filter.boundaryWithin) * 1_000_000n);
    conditions.push(
      sql<SqlBool>`(microseconds_into_iteration >= 0 and microseconds_into_iteration <= ${microseconds})`,
    );
  }
  return allOf(conditions);
}
