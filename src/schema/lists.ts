import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { countRows, fetchPage } from '../db/warehouse/page.ts';
import type { ConversionGroup } from '../db/warehouse/queries/aggregates.ts';
import {
  type ConversionFilter,
  conversionList,
  conversionSorting,
  conversionsMatch,
} from '../db/warehouse/queries/conversions.ts';
import { iterationSorting } from '../db/warehouse/queries/iterations.ts';
import { type Conversion, type ConversionPageArgs, toConversion } from './conversion.ts';
import { type Iteration, type StrategyIterationsArgs, toIteration } from './iteration.ts';
import { type Connection, connect } from './page.ts';

/** The iterations of one strategy, fetched together with those of all strategies beside it. */
export function iterationsOf(
  loaders: WarehouseLoaders,
  strategyId: string,
  { activeAt, orderBy, ...page }: StrategyIterationsArgs,
): Connection<Iteration> {
  const filter = { activeAt: activeAt ?? null };
  return connect({
    scope: ['Strategy.iterations', strategyId, filter, orderBy],
    page,
    fetch: (request) => loaders.iterationsOf({ filter, order: orderBy, page: request }, [strategyId]),
    count: () => loaders.iterationCountOf(filter, [strategyId]),
    position: (row) => iterationSorting.position(row, orderBy),
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
  return connect({
    scope: ['conversionsOf', group, orderBy],
    page,
    fetch: (request) => loaders.conversionsOf({ dimensions, filter, order: orderBy, page: request }, key),
    count: async () => (await loaders.aggregateOf({ dimensions, filter }, key)).conversions,
    position: (row) => conversionSorting.position(row, orderBy),
    node: toConversion,
  });
}

/** All conversions under a filter. */
export function allConversions(
  loaders: WarehouseLoaders,
  filter: ConversionFilter,
  { orderBy, ...page }: ConversionPageArgs,
): Connection<Conversion> {
  const list = conversionList(loaders.warehouse, conversionsMatch(filter), orderBy);
  return connect({
    scope: ['conversions', filter, orderBy],
    page,
    fetch: (request) => fetchPage(loaders.warehouse, list, request),
    count: () => countRows(loaders.warehouse, list),
    position: (row) => conversionSorting.position(row, orderBy),
    node: toConversion,
  });
}
