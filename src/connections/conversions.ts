import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import type { ConversionGroup } from '../db/warehouse/queries/aggregates.ts';
import { conversionList, conversionSorting, conversionsMatch } from '../db/warehouse/queries/conversions.ts';
import {
  type Conversion,
  type ConversionPageArgs,
  type ConversionsAtArgs,
  defaultConversionOrder,
  toConversion,
} from '../schema/conversion.ts';
import { columnsOfConversions } from '../schema/conversion-columns.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { numberAt } from './builds.ts';
import { pagedConnection, warehouseConnection } from './paged-connection.ts';

/**
 * All conversions that match a filter, of the build that is served or as they were at an earlier one.
 *
 * @param fields that are selected of the conversions.
 */
export async function allConversions(
  loaders: WarehouseLoaders,
  { filter, orderBy, atBuild, ...page }: ConversionsAtArgs,
  fields: ReadonlySet<string>,
): Promise<Connection<Conversion>> {
  const order = toOrder(orderBy, defaultConversionOrder);
  const at = await numberAt(loaders, atBuild);
  const warehouse = loaders.warehouseAt(at);
  const list = conversionList(warehouse, conversionsMatch(filter ?? {}), order, at, columnsOfConversions(fields));
  return warehouseConnection(warehouse, list, {
    scope: ['conversions', filter ?? {}, order, ...scopeOf(at)],
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
  const { dimensions, key, filter, atBuild = null } = group;
  const order = toOrder(orderBy, defaultConversionOrder);
  return pagedConnection({
    scope: ['conversionsOf', { dimensions, key, filter }, order, ...scopeOf(atBuild)],
    columns: conversionSorting.columns(order).length,
    page,
    fetch: (request) => loaders.conversionsOf({ dimensions, filter, order, page: request, atBuild }, key),
    count: async () => (await loaders.aggregateOf({ dimensions, filter, atBuild }, key)).conversions,
    position: (row) => conversionSorting.position(row, order),
    node: toConversion,
  });
}

/** What a build adds to the scope of cursors: nothing for the one that is served, so that cursors outlive it. */
export const scopeOf = (atBuild: string | null): string[] => (atBuild === null ? [] : [atBuild]);
