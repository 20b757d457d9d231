import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import type { ConversionGroup } from '../db/warehouse/queries/aggregates.ts';
import {
  type ConversionFilter,
  conversionList,
  conversionSorting,
  conversionsMatch,
} from '../db/warehouse/queries/conversions.ts';
import {
  type Conversion,
  type ConversionPageArgs,
  defaultConversionOrder,
  toConversion,
} from '../schema/conversion.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { pagedConnection, warehouseConnection } from './paged-connection.ts';

export function allConversions(
  { warehouse }: WarehouseLoaders,
  filter: ConversionFilter,
  { orderBy, ...page }: ConversionPageArgs,
): Connection<Conversion> {
  const order = toOrder(orderBy, defaultConversionOrder);
  return warehouseConnection(warehouse, conversionList(warehouse, conversionsMatch(filter), order), {
    scope: ['conversions', filter, order],
    page,
    position: (row) => conversionSorting.position(row, order),
    node: toConversion,
  });
}

/** The conversions of one group, batched with those of the other groups in the response. */
export function conversionsOf(
  loaders: WarehouseLoaders,
  group: ConversionGroup,
  { orderBy, ...page }: ConversionPageArgs,
): Connection<Conversion> {
  const { dimensions, key, filter } = group;
  const order = toOrder(orderBy, defaultConversionOrder);
  return pagedConnection({
    scope: ['conversionsOf', group, order],
    columns: conversionSorting.columns(order).length,
    page,
    fetch: (request) => loaders.conversionsOf({ dimensions, filter, order, page: request }, key),
    count: async () => (await loaders.aggregateOf({ dimensions, filter }, key)).conversions,
    position: (row) => conversionSorting.position(row, order),
    node: toConversion,
  });
}
