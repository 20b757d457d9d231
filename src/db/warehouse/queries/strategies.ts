import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { BuildReader } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { type Order, type Sorting, sorting, time } from '../order.ts';
import { allOf, contains, type InstantRange, isIn, isWithin } from '../sql.ts';

export interface StrategyRow {
  readonly id: string;
  readonly name: string | null;
  readonly tune_offer_id: string | null;
  readonly created_at: string;
}

/** Conditions on strategies, combined with AND. An empty list of ids matches nothing. */
export interface StrategyFilter {
  readonly ids?: readonly string[] | null;
  readonly tuneOfferIds?: readonly string[] | null;
  /** true: only strategies with an offer; false: only strategies without one. */
  readonly hasTuneOffer?: boolean | null;
  readonly nameContains?: string | null;
  readonly createdBetween?: InstantRange | null;
}

export type StrategyOrderField = 'ID' | 'NAME' | 'CREATED_AT';

const id = sql.ref('strategy_id');

export const strategySorting: Sorting<StrategyRow, StrategyOrderField> = sorting('Strategy', 'strategy_id', {
  NAME: { column: sql.ref('strategy_name'), value: (row: StrategyRow) => row.name, nullable: true },
  CREATED_AT: { ...time('created_at'), value: (row: StrategyRow) => row.created_at, nullable: false },
});

/** The strategies that match a filter, in a total order. */
export function strategyList(
  warehouse: BuildReader,
  filter: StrategyFilter,
  order: Order<StrategyOrderField>,
): ListQuery<'strategies', StrategyRow> {
  return {
    name: 'strategies.page',
    select: strategyColumns(warehouse).where(allOf(strategyConditions(filter))),
    sort: strategySorting.columns(order),
  };
}

/** The strategies with these ids, unordered. */
export function strategiesByIds(warehouse: BuildReader, ids: readonly string[]): Promise<StrategyRow[]> {
  return warehouse.rows('strategies.byId', strategyColumns(warehouse).where(isIn(id, ids)));
}

/** The strategies that use an offer, lowest id first. More than one means that the offer is shared. */
export function strategiesByOffer(warehouse: BuildReader, tuneOfferId: string): Promise<StrategyRow[]> {
  const query = strategyColumns(warehouse).where('tune_offer_id', '=', tuneOfferId).orderBy('strategy_id');
  return warehouse.rows('strategies.byOffer', query);
}

function strategyColumns(warehouse: BuildReader) {
  return warehouse.db
    .selectFrom('strategies')
    .select(['strategy_id as id', 'strategy_name as name', 'tune_offer_id', 'created_at']);
}

function strategyConditions(filter: StrategyFilter): RawBuilder<SqlBool>[] {
  const conditions: RawBuilder<SqlBool>[] = [];
  const offer = sql.ref('tune_offer_id');
  if (filter.ids) conditions.push(isIn(id, filter.ids));
  if (filter.tuneOfferIds) conditions.push(isIn(offer, filter.tuneOfferIds));
  if (filter.hasTuneOffer === true) conditions.push(sql<SqlBool>`${offer} is not null`);
  if (filter.hasTuneOffer === false) conditions.push(sql<SqlBool>`${offer} is null`);
  if (filter.nameContains) conditions.push(contains(sql.ref('strategy_name'), filter.nameContains));
  if (filter.createdBetween) conditions.push(isWithin(sql.ref('created_at'), filter.createdBetween));
  return conditions;
}
