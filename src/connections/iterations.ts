import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { iterationSorting } from '../db/warehouse/queries/iterations.ts';
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
import { pagedConnection } from './paged-connection.ts';

export function allIterations(
  { iterations }: WarehouseLoaders,
  { filter, orderBy, ...page }: IterationsArgs,
): Connection<Iteration> {
  const order = toOrder(orderBy, defaultIterationOrder);
  return pagedConnection({
    scope: ['iterations', filter ?? {}, order],
    columns: iterationSorting.columns(order).length,
    page,
    fetch: (request) => iterations.page(filter ?? {}, order, request),
    count: () => iterations.count(filter ?? {}, order),
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
    fetch: (request) => loaders.iterationsOf({ filter, order, page: request }, strategyId),
    count: () => loaders.iterationCountOf(filter, strategyId),
    position: (row) => iterationSorting.position(row, order),
    node: toIteration,
  });
}
