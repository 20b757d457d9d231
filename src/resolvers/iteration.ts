import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { connect } from '../connections/connect.ts';
import { conversionsOf } from '../connections/lists.ts';
import { attributedOnly, groupMetrics, metricsOf } from '../connections/metrics.ts';
import type { Context } from '../context.ts';
import { countRows, fetchPage } from '../db/warehouse/list-query.ts';
import { iterationList, iterationSorting } from '../db/warehouse/queries/iterations.ts';
import { type Conversion, ConversionConnection, ConversionFilterArgs, ConversionsArgs } from '../schema/conversion.ts';
import {
  defaultIterationOrder,
  Iteration,
  IterationArgs,
  IterationConnection,
  IterationsArgs,
  toIteration,
} from '../schema/iteration.ts';
import { DailyMetrics, Metrics } from '../schema/metrics.ts';
import { orderOr } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { Strategy, toStrategy } from '../schema/strategy.ts';
import { isSourceId } from '../schema/validation.ts';

@Resolver(() => Iteration)
export class IterationResolver {
  @Query(() => Iteration, { nullable: true, description: 'One iteration by its id in AdSuite; null if there is none.' })
  async iteration(@Args() { id }: IterationArgs, @Ctx() { loaders }: Context): Promise<Iteration | null> {
    const row = isSourceId(id) ? await loaders.iteration.load(id) : null;
    return row && toIteration(row);
  }

  @Query(() => IterationConnection, { description: 'Iterations of all strategies, page by page.' })
  iterations(@Args() { filter, orderBy, ...page }: IterationsArgs, @Ctx() { loaders }: Context): Connection<Iteration> {
    const order = orderOr(orderBy, defaultIterationOrder);
    const list = iterationList(loaders.warehouse, filter ?? {}, order);
    return connect({
      scope: ['iterations', filter ?? {}, order],
      columns: list.sort.length,
      page,
      fetch: (request) => fetchPage(loaders.warehouse, list, request),
      count: () => countRows(loaders.warehouse, list),
      position: (row) => iterationSorting.position(row, order),
      node: toIteration,
    });
  }

  @FieldResolver(() => Strategy, {
    nullable: true,
    description: 'The strategy that it belongs to; null if AdSuite no longer lists it.',
  })
  async strategy(@Root() { strategyId }: Iteration, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    const row = await loaders.strategy.load(strategyId);
    return row && toStrategy(row);
  }

  @FieldResolver(() => ConversionConnection, {
    description: 'The conversions whose click it was live at, page by page.',
  })
  conversions(
    @Root() { id }: Iteration,
    @Args() { filter, ...args }: ConversionsArgs,
    @Ctx() { loaders }: Context,
  ): Connection<Conversion> {
    return conversionsOf(loaders, { dimensions: ['ITERATION'], key: [id], filter: filter ?? {} }, args);
  }

  @FieldResolver(() => Metrics, { description: 'What its conversions add up to.' })
  metrics(@Root() { id }: Iteration, @Args() { filter }: ConversionFilterArgs, @Ctx() { loaders }: Context) {
    return groupMetrics(loaders, { dimensions: ['ITERATION'], key: [id], filter: attributedOnly(filter) });
  }

  @FieldResolver(() => [DailyMetrics], {
    description: 'The same day by day (UTC), earliest first; days without a conversion are left out.',
  })
  async daily(
    @Root() { id }: Iteration,
    @Args() args: ConversionFilterArgs,
    @Ctx() { loaders }: Context,
  ): Promise<DailyMetrics[]> {
    const filter = attributedOnly(args.filter);
    const days = await loaders.breakdownOf({ dimensions: ['ITERATION'], by: 'DAY', filter }, [id]);
    return days
      .map((row) => ({
        day: String(row.key[1]),
        metrics: metricsOf(loaders, { dimensions: ['ITERATION', 'DAY'], key: row.key, filter }, row),
      }))
      .sort((a, b) => (a.day < b.day ? -1 : 1));
  }
}
