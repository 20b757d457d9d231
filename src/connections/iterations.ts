import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { iterationList, iterationSorting } from '../db/warehouse/queries/iterations.ts';
import {
  defaultIterationOrder,
  defaultStrategyIterationsOrder,
  type Iteration,
  type IterationsArgs,
  type StrategyIterationsArgs,
  toIteration,
} from '../schema/iteration.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { pagedConnection, warehouseConnection } from './paged-connection.ts';

export function allIterations(
  { warehouse }: WarehouseLoaders,
  { filter, orderBy, ...page }: IterationsArgs,
): Connection<Iteration> {
  const order = toOrder(orderBy, defaultIterationOrder);
  return warehouseConnection(warehouse, iterationList(warehouse, filter ?? {}, order), {
    scope: ['iterations', filter ?? {}, order],
    page,
    position: (row) => iterationSorting.position(row, order),
    node: toIteration,
  });
}

/** The iterations of one strategy, batched with those of the other strategies in the response. */
export function iterationsOf(
  loaders: WarehouseLoaders,
  strategyId: string,
  { activeAt, orderBy, ...page }: StrategyIterationsArgs,
): Connection<Iteration> {
  const filter = { activeAt: activeAt ?? null };
  const order = toOrder(orderBy, defaultStrategyIterationsOrder);
  return pagedConnection({
    scope: ['Strategy.iterations', strategyId, filter, order],
    columns: iterationSorting.columns(order).length,
    page,
    fetch: (request) => loaders.iterationsOf({ filter, order, page: request }, [strategyId]),
    count: () => loaders.iterationCountOf(filter, [strategyId]),
    position: (row) => iterationSorting.position(row, order),
    node: toIteration,
  });
}
