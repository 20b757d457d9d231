import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { conversionsOf } from '../connections/conversions.ts';
import { allIterations } from '../connections/iterations.ts';
import { attributedOnly, dailyMetrics, groupMetrics } from '../connections/metrics.ts';
import type { Context } from '../context.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
import {
  ConversionConnection,
  type ConversionConnectionSource,
  ConversionFilterArgs,
  ConversionsArgs,
} from '../schema/conversion.ts';
import {
  Iteration,
  IterationArgs,
  IterationConnection,
  IterationsArgs,
  toIterationOrNull,
} from '../schema/iteration.ts';
import { DailyMetrics, Metrics } from '../schema/metrics.ts';
import type { Connection } from '../schema/page.ts';
import { Strategy, toStrategyOrNull } from '../schema/strategy.ts';
import { isSourceId } from '../schema/validation.ts';

const ofIteration = ['ITERATION'] as const;

@Resolver(() => Iteration)
export class IterationResolver {
  @RequiresRole('viewer')
  @Query(() => Iteration, { nullable: true, description: 'Looks up an iteration by id. Null if there is none.' })
  iteration(@Args() { id }: IterationArgs, @Ctx() { loaders }: Context): Answer<Iteration | null> {
    return isSourceId(id) ? mapAnswer(loaders.iteration.load(id), toIterationOrNull) : null;
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
  strategy(@Root() { strategyId }: Iteration, @Ctx() { loaders }: Context): Answer<Strategy | null> {
    return mapAnswer(loaders.strategy.load(strategyId), toStrategyOrNull);
  }

  @FieldResolver(() => ConversionConnection, {
    description: 'Lists the conversions attributed to the iteration.',
  })
  conversions(
    @Root() { id }: Iteration,
    @Args() { filter, ...args }: ConversionsArgs,
    @Ctx() { loaders }: Context,
  ): ConversionConnectionSource {
    return conversionsOf(loaders, { dimensions: ofIteration, key: [id], filter: filter ?? {} }, args);
  }

  @FieldResolver(() => Metrics, { description: 'Totals of the conversions attributed to the iteration.' })
  metrics(@Root() { id }: Iteration, @Args() { filter }: ConversionFilterArgs, @Ctx() { loaders }: Context) {
    return groupMetrics(loaders, { dimensions: ofIteration, key: [id], filter: attributedOnly(filter) });
  }

  @FieldResolver(() => [DailyMetrics], {
    description: 'Totals by day of the conversion, earliest first. Days without a conversion are omitted.',
  })
  daily(
    @Root() { id }: Iteration,
    @Args() { filter, timeZone }: ConversionFilterArgs,
    @Ctx() { loaders }: Context,
  ): Answer<DailyMetrics[]> {
    return dailyMetrics(loaders, id, attributedOnly(filter), timeZone);
  }
}
