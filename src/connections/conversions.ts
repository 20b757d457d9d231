import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import type { ConversionGroup } from '../db/warehouse/queries/aggregates.ts';
import { conversionList, conversionSorting } from '../db/warehouse/queries/conversions.ts';
import { zoneOf } from '../db/warehouse/queries/dimensions.ts';
import {
  type ConversionConnectionSource,
  type ConversionPageArgs,
  type ConversionsAtArgs,
  defaultConversionOrder,
  toConversion,
} from '../schema/conversion.ts';
import { columnsOfConversions } from '../schema/conversion-columns.ts';
import { toOrder } from '../schema/order.ts';
import { numberAt } from './builds.ts';
import { pagedConnection, warehouseConnection } from './paged-connection.ts';

/**
 * All conversions that match a filter, of the build that is served or as they were at an earlier one.
 *
 * @param fields that are selected of the conversions.
 */
export async function allConversions(
  loaders: WarehouseLoaders,
  { filter, orderBy, atBuild, timeZone = null, ...page }: ConversionsAtArgs,
  fields: ReadonlySet<string>,
): Promise<ConversionConnectionSource> {
  const order = toOrder(orderBy, defaultConversionOrder);
  const at = await numberAt(loaders, atBuild, filter);
  const warehouse = loaders.warehouseAt(at);
  const columns = columnsOfConversions(fields);
  const list = conversionList(warehouse, { filter: filter ?? {}, order, atBuild: at, columns });
  const connection = warehouseConnection(warehouse, list, {
    scope: ['conversions', filter ?? {}, order, ...scopeOf(at)],
    page,
    position: (row) => conversionSorting.position(row, order),
    node: toConversion,
  });
  return { ...connection, filter: filter ?? {}, timeZone };
}

/**
 * The conversions of one group, batched with those of the other groups in the response.
 *
 * @param args their `timeZone` is that of the days of the group's filter; absent: that of the group.
 */
export function conversionsOf(
  loaders: WarehouseLoaders,
  group: ConversionGroup,
  { orderBy, timeZone: zoneOfDays = group.timeZone, ...page }: ConversionPageArgs & { timeZone?: string | null },
): ConversionConnectionSource {
  const { dimensions, key, filter, atBuild = null } = group;
  const timeZone = zoneOf(dimensions, group.timeZone);
  const order = toOrder(orderBy, defaultConversionOrder);
  const connection = pagedConnection({
    scope: ['conversionsOf', { dimensions, key, filter, timeZone }, order, ...scopeOf(atBuild)],
    columns: conversionSorting.columns(order).length,
    page,
    fetch: (request) => loaders.conversionsOf({ dimensions, filter, order, page: request, atBuild, timeZone }, key),
    count: async () => (await loaders.aggregateOf({ dimensions, filter, atBuild, timeZone }, key)).conversions,
    position: (row) => conversionSorting.position(row, order),
    node: toConversion,
  });
  return { ...connection, filter, timeZone: zoneOfDays ?? null };
}

/** What a build adds to the scope of cursors: nothing for the one that is served, so that cursors outlive it. */
export const scopeOf = (atBuild: string | null): string[] => (atBuild === null ? [] : [atBuild]);
