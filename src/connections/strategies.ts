import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { strategySorting } from '../db/warehouse/queries/strategies.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { defaultStrategyOrder, type StrategiesArgs, type Strategy, toStrategy } from '../schema/strategy.ts';
import { pagedConnection } from './paged-connection.ts';

export function allStrategies(
  { strategies }: WarehouseLoaders,
  { filter, orderBy, ...page }: StrategiesArgs,
): Connection<Strategy> {
  const order = toOrder(orderBy, defaultStrategyOrder);
  return pagedConnection({
    scope: ['strategies', filter ?? {}, order],
    columns: strategySorting.columns(order).length,
    page,
    fetch: (request) => strategies.page(filter ?? {}, order, request),
    count: () => strategies.count(filter ?? {}, order),
    position: (row) => strategySorting.position(row, order),
    node: toStrategy,
  });
}
