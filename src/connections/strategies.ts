import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { strategyList, strategySorting } from '../db/warehouse/queries/strategies.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { defaultStrategyOrder, type StrategiesArgs, type Strategy, toStrategy } from '../schema/strategy.ts';
import { warehouseConnection } from './paged-connection.ts';

export function allStrategies(
  { warehouse }: WarehouseLoaders,
  { filter, orderBy, ...page }: StrategiesArgs,
): Connection<Strategy> {
  const order = toOrder(orderBy, defaultStrategyOrder);
  return warehouseConnection(warehouse, strategyList(warehouse, filter ?? {}, order), {
    scope: ['strategies', filter ?? {}, order],
    page,
    position: (row) => strategySorting.position(row, order),
    node: toStrategy,
  });
}
