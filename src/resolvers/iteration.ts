import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { conversionsOf } from '../connections/conversions.ts';
import { allIterations } from '../connections/iterations.ts';
import { attributedOnly, dailyMetrics, groupMetrics } from '../connections/metrics.ts';
import type { Context } from '../context.ts';
import { type Conversion, ConversionConnection, ConversionFilterArgs, ConversionsArgs } from '../schema/conversion.ts';
import { Iteration, IterationArgs, IterationConnection, IterationsArgs, toIteration } from '../schema/iteration.ts';
import { DailyMetrics, Metrics } from '../schema/metrics.ts';
import type { Connection } from '../schema/page.ts';
import { Strategy, toStrategy } from '../schema/strategy.ts';
import { isSourceId } from '../schema/validation.ts';

@Resolver(() => Iteration)
export class IterationResolver {
  @RequiresRole('viewer')
  @Query(() => Iteration, { nullable: true, description: 'Looks up an iteration by id. Null if there is none.' })
  async iteration(@Args() { id }: IterationArgs, @Ctx() { loaders }: Context): Promise<Iteration | null> {
    const row = isSourceId(id) ? await loaders.iteration.load(id) : null;
    return row && toIteration(row);
  }

  @RequiresRole('viewer')
  @Query(() => IterationConnection, { description: 'Lists iterations of all strategies.' })
  iterations(@Args() args: IterationsArgs, @Ctx() { loaders }: Context): Connection<Iteration> {
    return allIterations(loaders, args);
  }

  @FieldResolver(() => Strategy, {
    nullable: true,
    description: 'The strategy the iteration belongs to; null if AdSuite no longer lists it.',
  })
  async strategy(@Root() { strategyId }: Iteration, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    const row = await loaders.strategy.load(strategyId);
    return row && toStrategy(row);
  }

  @FieldResolver(() => ConversionConnection, {
    description: 'Lists the conversions attributed to the iteration.',
  })
  conversions(
    @Root() { id }: Iteration,
    @Args() { filter, ...args }: ConversionsArgs,
    @Ctx() { loaders }: Context,
  ): Connection<Conversion> {
    return conversionsOf(loaders, { dimensions: ['ITERATION'], key: [id], filter: filter ?? {} }, args);
  }

  @FieldResolver(() => Metrics, { description: 'Totals of the conversions attributed to the iteration.' })
  metrics(@Root() { id }: Iteration, @Args() { filter }: ConversionFilterArgs, @Ctx() { loaders }: Context) {
    return groupMetrics(loaders, { dimensions: ['ITERATION'], key: [id], filter: attributedOnly(filter) });
  }

  @FieldResolver(() => [DailyMetrics], {
    description: 'Totals by UTC day of the conversion, earliest first. Days without a conversion are omitted.',
  })
  daily(
    @Root() { id }: Iteration,
    @Args() { filter }: ConversionFilterArgs,
    @Ctx() { loaders }: Context,
  ): Promise<DailyMetrics[]> {
    return dailyMetrics(loaders, id, attributedOnly(filter));
  }
}
