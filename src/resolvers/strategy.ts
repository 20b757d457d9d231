import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { connect } from '../connections/connect.ts';
import { iterationsOf } from '../connections/lists.ts';
import { attributedOnly, groupMetrics } from '../connections/metrics.ts';
import type { Context } from '../context.ts';
import { countRows, fetchPage } from '../db/warehouse/list-query.ts';
import { strategiesByOffer, strategyList, strategySorting } from '../db/warehouse/queries/strategies.ts';
import { AmbiguousOffer, BadUserInput } from '../errors.ts';
import { ConversionFilterArgs } from '../schema/conversion.ts';
import { Iteration, IterationConnection, StrategyIterationsArgs, toIteration } from '../schema/iteration.ts';
import { Metrics } from '../schema/metrics.ts';
import { orderOr } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import {
  defaultStrategyOrder,
  StrategiesArgs,
  Strategy,
  StrategyArgs,
  StrategyConnection,
  toStrategy,
} from '../schema/strategy.ts';
import { isSourceId } from '../schema/validation.ts';

@Resolver(() => Strategy)
export class StrategyResolver {
  @Query(() => Strategy, {
    nullable: true,
    description: 'One strategy, by its id or by its offer (exactly one of the two); null if there is none.',
  })
  async strategy(@Args() { id, tuneOfferId }: StrategyArgs, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    if (typeof id === 'string' && typeof tuneOfferId !== 'string') {
      const row = isSourceId(id) ? await loaders.strategy.load(id) : null;
      return row && toStrategy(row);
    }
    if (typeof tuneOfferId !== 'string' || typeof id === 'string') {
      throw new BadUserInput('id, tuneOfferId', 'give exactly one of the two');
    }
    const [row, ...others] = isSourceId(tuneOfferId) ? await strategiesByOffer(loaders.warehouse, tuneOfferId) : [];
    if (row && others.length > 0)
      throw new AmbiguousOffer(
        tuneOfferId,
        [row, ...others].map((each) => each.id),
      );
    return row ? toStrategy(row) : null;
  }

  @Query(() => StrategyConnection, { description: 'Strategies, page by page.' })
  strategies(@Args() { filter, orderBy, ...page }: StrategiesArgs, @Ctx() { loaders }: Context): Connection<Strategy> {
    const order = orderOr(orderBy, defaultStrategyOrder);
    const list = strategyList(loaders.warehouse, filter ?? {}, order);
    return connect({
      scope: ['strategies', filter ?? {}, order],
      columns: list.sort.length,
      page,
      fetch: (request) => fetchPage(loaders.warehouse, list, request),
      count: () => countRows(loaders.warehouse, list),
      position: (row) => strategySorting.position(row, order),
      node: toStrategy,
    });
  }

  @FieldResolver(() => Iteration, {
    nullable: true,
    description: 'Its last iteration: live now, unless its createdAt lies ahead. Null if it has none.',
  })
  async currentIteration(@Root() strategy: Strategy, @Ctx() { loaders }: Context): Promise<Iteration | null> {
    const row = await loaders.currentIteration.load(strategy.id);
    return row && toIteration(row);
  }

  @FieldResolver(() => IterationConnection, { description: 'Its iterations, page by page.' })
  iterations(
    @Root() strategy: Strategy,
    @Args() args: StrategyIterationsArgs,
    @Ctx() { loaders }: Context,
  ): Connection<Iteration> {
    return iterationsOf(loaders, strategy.id, args);
  }

  @FieldResolver(() => Metrics, { description: 'What all its iterations got: attributed conversions only.' })
  metrics(@Root() { id }: Strategy, @Args() { filter }: ConversionFilterArgs, @Ctx() { loaders }: Context) {
    return groupMetrics(loaders, { dimensions: ['STRATEGY'], key: [id], filter: attributedOnly(filter) });
  }
}
