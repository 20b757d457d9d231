import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { iterationsOf } from '../connections/iterations.ts';
import { attributedOnly, groupMetrics } from '../connections/metrics.ts';
import { allStrategies } from '../connections/strategies.ts';
import type { Context } from '../context.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
import { AmbiguousOffer, BadUserInput } from '../errors.ts';
import { ConversionFilterArgs } from '../schema/conversion.ts';
import { Iteration, IterationConnection, StrategyIterationsArgs, toIterationOrNull } from '../schema/iteration.ts';
import { Metrics } from '../schema/metrics.ts';
import type { Connection } from '../schema/page.ts';
import { StrategiesArgs, Strategy, StrategyArgs, StrategyConnection, toStrategy } from '../schema/strategy.ts';
import { isSourceId } from '../schema/validation.ts';

const ofStrategy = ['STRATEGY'] as const;

@Resolver(() => Strategy)
export class StrategyResolver {
  @RequiresRole('viewer')
  @Query(() => Strategy, {
    nullable: true,
    description:
      'Looks up a strategy by id or by offer; pass exactly one of the two. Null if there is none. If several strategies ' +
      'share the offer, fails with AMBIGUOUS_OFFER.',
  })
  async strategy(@Args() { id, tuneOfferId }: StrategyArgs, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    if ((typeof id === 'string') === (typeof tuneOfferId === 'string')) {
      throw new BadUserInput('id, tuneOfferId', 'pass exactly one of the two');
    }
    if (typeof id === 'string') {
      const row = isSourceId(id) ? await loaders.strategy.load(id) : null;
      return row && toStrategy(row);
    }
    if (typeof tuneOfferId !== 'string' || !isSourceId(tuneOfferId)) return null;
    const rows = await loaders.strategiesByOffer(tuneOfferId);
    if (rows.length > 1) {
      throw new AmbiguousOffer(
        tuneOfferId,
        rows.map((row) => row.id),
      );
    }
    return rows[0] ? toStrategy(rows[0]) : null;
  }

  @RequiresRole('viewer')
  @Query(() => StrategyConnection, { description: 'Lists strategies.' })
  strategies(@Args() args: StrategiesArgs, @Ctx() { loaders }: Context): Connection<Strategy> {
    return allStrategies(loaders, args);
  }

  @FieldResolver(() => Iteration, {
    nullable: true,
    description:
      'The last iteration of the strategy; null if it has none. It is live now, unless its `createdAt` is in the future.',
  })
  currentIteration(@Root() { id }: Strategy, @Ctx() { loaders }: Context): Answer<Iteration | null> {
    return mapAnswer(loaders.currentIteration.load(id), toIterationOrNull);
  }

  @FieldResolver(() => IterationConnection, { description: 'Lists the iterations of the strategy.' })
  iterations(
    @Root() { id }: Strategy,
    @Args() args: StrategyIterationsArgs,
    @Ctx() { loaders }: Context,
  ): Connection<Iteration> {
    return iterationsOf(loaders, id, args);
  }

  @FieldResolver(() => Metrics, {
    description: 'Totals of the attributed conversions of all iterations of the strategy.',
  })
  metrics(@Root() { id }: Strategy, @Args() { filter }: ConversionFilterArgs, @Ctx() { loaders }: Context) {
    return groupMetrics(loaders, { dimensions: ofStrategy, key: [id], filter: attributedOnly(filter) });
  }
}
