import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { allConversions } from '../connections/lists.ts';
import type { Context } from '../context.ts';
import {
  Conversion,
  ConversionArgs,
  ConversionConnection,
  ConversionsArgs,
  toConversion,
} from '../schema/conversion.ts';
import { Iteration, toIteration } from '../schema/iteration.ts';
import type { Connection } from '../schema/page.ts';
import { Strategy, toStrategy } from '../schema/strategy.ts';

@Resolver(() => Conversion)
export class ConversionResolver {
  @Query(() => Conversion, { nullable: true, description: "One conversion by its event's id; null if there is none." })
  async conversion(@Args() { id }: ConversionArgs, @Ctx() { loaders }: Context): Promise<Conversion | null> {
    const row = await loaders.conversion.load(id);
    return row && toConversion(row);
  }

  @Query(() => ConversionConnection, { description: 'Conversions, attributed or not, page by page.' })
  conversions(@Args() { filter, ...args }: ConversionsArgs, @Ctx() { loaders }: Context): Connection<Conversion> {
    return allConversions(loaders, filter ?? {}, args);
  }

  @FieldResolver(() => Strategy, {
    nullable: true,
    description:
      'The strategy whose offer the click was for, or whose iteration the click named; null unless one is certain.',
  })
  async strategy(@Root() { strategyId }: Conversion, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    const row = strategyId === null ? null : await loaders.strategy.load(strategyId);
    return row && toStrategy(row);
  }

  @FieldResolver(() => Iteration, {
    nullable: true,
    description: 'The iteration that was live when the click happened; null if the conversion is unattributed.',
  })
  async iteration(@Root() { iterationId }: Conversion, @Ctx() { loaders }: Context): Promise<Iteration | null> {
    const row = iterationId === null ? null : await loaders.iteration.load(iterationId);
    return row && toIteration(row);
  }
}
