import { countRows, fetchPage } from '../db/warehouse/list-query.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import type { ConversionGroup } from '../db/warehouse/queries/aggregates.ts';
import {
  type ConversionFilter,
  conversionList,
  conversionSorting,
  conversionsMatch,
} from '../db/warehouse/queries/conversions.ts';
import { iterationSorting } from '../db/warehouse/queries/iterations.ts';
import {
  type Conversion,
  type ConversionPageArgs,
  defaultConversionOrder,
  toConversion,
} from '../schema/conversion.ts';
import { type Iteration, iterationsInSequence, type StrategyIterationsArgs, toIteration } from '../schema/iteration.ts';
import { orderOr } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { connect } from './connect.ts';

/** The iterations of one strategy, fetched together with those of all strategies beside it. */
export function iterationsOf(
  loaders: WarehouseLoaders,
  strategyId: string,
  { activeAt, orderBy, ...page }: StrategyIterationsArgs,
): Connection<Iteration> {
  const filter = { activeAt: activeAt ?? null };
  const order = orderOr(orderBy, iterationsInSequence);
  return connect({
    scope: ['Strategy.iterations', strategyId, filter, order],
    columns: iterationSorting.columns(order).length,
    page,
    fetch: (request) => loaders.iterationsOf({ filter, order, page: request }, [strategyId]),
    count: () => loaders.iterationCountOf(filter, [strategyId]),
    position: (row) => iterationSorting.position(row, order),
    node: toIteration,
  });
}

/** The conversions of one group, fetched together with those of all groups beside it. */
export function conversionsOf(
  loaders: WarehouseLoaders,
  group: ConversionGroup,
  { orderBy, ...page }: ConversionPageArgs,
): Connection<Conversion> {
  const { dimensions, key, filter } = group;
  const order = orderOr(orderBy, defaultConversionOrder);
  return connect({
    scope: ['conversionsOf', group, order],
    columns: conversionSorting.columns(order).length,
    page,
    fetch: (request) => loaders.conversionsOf({ dimensions, filter, order, page: request }, key),
    count: async () => (await loaders.aggregateOf({ dimensions, filter }, key)).conversions,
    position: (row) => conversionSorting.position(row, order),
    node: toConversion,
  });
}

/** All conversions under a filter. */
export function allConversions(
  loaders: WarehouseLoaders,
  filter: ConversionFilter,
  { orderBy, ...page }: ConversionPageArgs,
): Connection<Conversion> {
  const order = orderOr(orderBy, defaultConversionOrder);
  const list = conversionList(loaders.warehouse, conversionsMatch(filter), order);
  return connect({
    scope: ['conversions', filter, order],
    columns: list.sort.length,
    page,
    fetch: (request) => fetchPage(loaders.warehouse, list, request),
    count: () => countRows(loaders.warehouse, list),
    position: (row) => conversionSorting.position(row, order),
    node: toConversion,
  });
}
