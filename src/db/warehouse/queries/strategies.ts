import { type SqlBool, sql } from 'kysely';
import { fixedQuery } from '../compiled-statements.ts';
import { type Condition, columnIn, containing, every, plain, within } from '../conditions.ts';
import type { BuildReader } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { type Order, type Sorting, sorting, time } from '../order.ts';
import type { InstantRange } from '../sql.ts';

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

const id = 'strategy_id';
const offer = 'tune_offer_id';

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
  const { shape, values, build } = every(strategyConditions(filter));
  return {
    name: 'strategies.page',
    select: () => strategyColumns(warehouse).where(build()),
    sort: strategySorting.columns(order),
    fixed: { shape: `strategies where ${shape} by ${order.field} ${order.direction}`, values },
  };
}

/** The strategies with these ids, unordered. */
export function strategiesByIds(warehouse: BuildReader, ids: readonly string[]): Promise<StrategyRow[]> {
  const { shape, values, build } = columnIn(id, ids);
  const query = fixedQuery<StrategyRow>(`strategies where ${shape}`, values, () =>
    strategyColumns(warehouse).where(build()),
  );
  return warehouse.rows('strategies.byId', query);
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

const hasOffer = plain('with offer', () => sql<SqlBool>`${sql.ref(offer)} is not null`);
const hasNoOffer = plain('without offer', () => sql<SqlBool>`${sql.ref(offer)} is null`);

function strategyConditions(filter: StrategyFilter): Condition[] {
  const conditions: Condition[] = [];
  if (filter.ids) conditions.push(columnIn(id, filter.ids));
  if (filter.tuneOfferIds) conditions.push(columnIn(offer, filter.tuneOfferIds));
  if (filter.hasTuneOffer === true) conditions.push(hasOffer);
  if (filter.hasTuneOffer === false) conditions.push(hasNoOffer);
  if (filter.nameContains) conditions.push(containing('strategy_name', filter.nameContains));
  if (filter.createdBetween) conditions.push(within('created_at', filter.createdBetween));
  return conditions;
}
