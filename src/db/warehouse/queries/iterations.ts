import { type SqlBool, sql } from 'kysely';
import { fixedQuery } from '../compiled-statements.ts';
import { type Condition, columnIn, containing, every, plain, within } from '../conditions.ts';
import type { BuildReader } from '../connect.ts';
import type { ListQuery, ParentColumn } from '../list-query.ts';
import { type Order, type Sorting, sorting, time } from '../order.ts';
import type { InstantRange } from '../sql.ts';

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

const id = 'iteration_id';
/** The column that refers to the iteration's strategy. */
const strategyId = 'strategy_id';
export const iterationParent: ParentColumn = { name: strategyId, expression: sql.ref(strategyId) };

export const iterationSorting: Sorting<IterationRow, IterationOrderField> = sorting('Iteration', 'iteration_id', {
  CREATED_AT: { ...time('created_at'), value: (row: IterationRow) => row.created_at, nullable: false },
});

/** The iterations that match a filter, in a total order. */
export function iterationList(
  warehouse: BuildReader,
  filter: IterationFilter,
  order: Order<IterationOrderField>,
): ListQuery<'iterations_with_end_time', IterationRow> {
  const { shape, values, build } = every(iterationConditions(filter));
  return {
    name: 'iterations.page',
    select: () => iterationColumns(warehouse).where(build()),
    sort: iterationSorting.columns(order),
    fixed: { shape: `iterations where ${shape} by ${order.field} ${order.direction}`, values },
  };
}

/** The iterations with these ids, unordered. */
export function iterationsByIds(warehouse: BuildReader, ids: readonly string[]): Promise<IterationRow[]> {
  return warehouse.rows('iterations.byId', iterationsWhere(warehouse, columnIn(id, ids)));
}

/** The last iteration of each of these strategies, unordered. */
export function currentIterations(warehouse: BuildReader, strategyIds: readonly string[]): Promise<IterationRow[]> {
  const query = iterationsWhere(warehouse, every([columnIn(strategyId, strategyIds), isOpen]));
  return warehouse.rows('iterations.current', query);
}

const isOpen = plain('open', () => sql<SqlBool>`ended_at is null`);
const isEnded = plain('ended', () => sql<SqlBool>`ended_at is not null`);

const isActiveAt = (instant: string): Condition => ({
  shape: 'active at',
  values: [instant, instant],
  build: () => sql<SqlBool>`(created_at <= ${instant} and (ended_at > ${instant} or ended_at is null))`,
});

const iterationsWhere = (warehouse: BuildReader, { shape, values, build }: Condition) =>
  fixedQuery<IterationRow>(`iterations where ${shape}`, values, () => iterationColumns(warehouse).where(build()));

function iterationColumns(warehouse: BuildReader) {
  return warehouse.db
    .selectFrom('iterations_with_end_time')
    .select(['iteration_id as id', 'strategy_id', 'iteration_name as name', 'sequence', 'created_at', 'ended_at']);
}

function iterationConditions(filter: IterationFilter): Condition[] {
  const conditions: Condition[] = [];
  if (filter.ids) conditions.push(columnIn(id, filter.ids));
  if (filter.strategyIds) conditions.push(columnIn(strategyId, filter.strategyIds));
  if (filter.activeAt) conditions.push(isActiveAt(filter.activeAt));
  if (filter.isCurrent === true) conditions.push(isOpen);
  if (filter.isCurrent === false) conditions.push(isEnded);
  if (filter.nameContains) conditions.push(containing('iteration_name', filter.nameContains));
  if (filter.createdBetween) conditions.push(within('created_at', filter.createdBetween));
  return conditions;
}
