import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { BuildReader } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { type Order, type Sorting, sorting, time } from '../order.ts';
import { allOf, contains, type InstantRange, isIn, isWithin } from '../sql.ts';

export interface IterationRow {
  readonly id: string;
  readonly strategy_id: string;
  readonly name: string | null;
  readonly sequence: string;
  readonly created_at: string;
  readonly ended_at: string | null;
}

/** Conditions on iterations, combined with AND. An empty list of ids matches nothing. */
export interface IterationFilter {
  readonly ids?: readonly string[] | null;
  readonly strategyIds?: readonly string[] | null;
  /** Only iterations that were live at this instant: createdAt <= activeAt < endedAt. */
  readonly activeAt?: string | null;
  /** true: only the last iteration of each strategy; false: only ended ones. */
  readonly isCurrent?: boolean | null;
  readonly nameContains?: string | null;
  readonly createdBetween?: InstantRange | null;
}

export type IterationOrderField = 'ID' | 'CREATED_AT';

const id = sql.ref('iteration_id');
/** The column that refers to the iteration's strategy. */
export const iterationParent = sql.ref<string>('strategy_id');

export const iterationSorting: Sorting<IterationRow, IterationOrderField> = sorting('Iteration', 'iteration_id', {
  CREATED_AT: { ...time('created_at'), value: (row: IterationRow) => row.created_at, nullable: false },
});

/** The iterations that match a filter, in a total order. */
export function iterationList(
  warehouse: BuildReader,
  filter: IterationFilter,
  order: Order<IterationOrderField>,
): ListQuery<'iterations_with_end_time', IterationRow> {
  return {
    name: 'iterations.page',
    select: iterationColumns(warehouse).where(allOf(iterationConditions(filter))),
    sort: iterationSorting.columns(order),
  };
}

/** The iterations with these ids, unordered. */
export function iterationsByIds(warehouse: BuildReader, ids: readonly string[]): Promise<IterationRow[]> {
  return warehouse.rows('iterations.byId', iterationColumns(warehouse).where(isIn(id, ids)));
}

/** The last iteration of each of these strategies, unordered. */
export function currentIterations(warehouse: BuildReader, strategyIds: readonly string[]): Promise<IterationRow[]> {
  const query = iterationColumns(warehouse).where(allOf([isIn(iterationParent, strategyIds), isOpen]));
  return warehouse.rows('iterations.current', query);
}

const isOpen = sql<SqlBool>`ended_at is null`;

function iterationColumns(warehouse: BuildReader) {
  return warehouse.db
    .selectFrom('iterations_with_end_time')
    .select(['iteration_id as id', 'strategy_id', 'iteration_name as name', 'sequence', 'created_at', 'ended_at']);
}

function iterationConditions(filter: IterationFilter): RawBuilder<SqlBool>[] {
  const conditions: RawBuilder<SqlBool>[] = [];
  const { activeAt } = filter;
  if (filter.ids) conditions.push(isIn(id, filter.ids));
  if (filter.strategyIds) conditions.push(isIn(iterationParent, filter.strategyIds));
  if (activeAt)
    conditions.push(sql<SqlBool>`(created_at <= ${activeAt} and (ended_at > ${activeAt} or ended_at is null))`);
  if (filter.isCurrent === true) conditions.push(isOpen);
  if (filter.isCurrent === false) conditions.push(sql<SqlBool>`ended_at is not null`);
  if (filter.nameContains) conditions.push(contains(sql.ref('iteration_name'), filter.nameContains));
  if (filter.createdBetween) conditions.push(isWithin(sql.ref('created_at'), filter.createdBetween));
  return conditions;
}
