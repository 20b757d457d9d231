import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { allConversions } from '../connections/conversions.ts';
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
  @RequiresRole('viewer')
  @Query(() => Conversion, {
    nullable: true,
    description: 'Looks up a conversion by the id of its event. Null if there is none.',
  })
  async conversion(@Args() { id }: ConversionArgs, @Ctx() { loaders }: Context): Promise<Conversion | null> {
    const row = await loaders.conversion.load(id);
    return row && toConversion(row);
  }

  @RequiresRole('viewer')
  @Query(() => ConversionConnection, { description: 'Lists conversions, attributed or not.' })
  conversions(@Args() { filter, ...args }: ConversionsArgs, @Ctx() { loaders }: Context): Connection<Conversion> {
    return allConversions(loaders, filter ?? {}, args);
  }

  @FieldResolver(() => Strategy, {
    nullable: true,
    description:
      'The strategy of the offer of the click, or of the iteration that the click names; null if it is missing or ambiguous.',
  })
  async strategy(@Root() { strategyId }: Conversion, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    const row = strategyId === null ? null : await loaders.strategy.load(strategyId);
    return row && toStrategy(row);
  }

  @FieldResolver(() => Iteration, {
    nullable: true,
    description:
      'The iteration that was live when the click happened, or that the click names; null if the conversion is unattributed.',
  })
  async iteration(@Root() { iterationId }: Conversion, @Ctx() { loaders }: Context): Promise<Iteration | null> {
    const row = iterationId === null ? null : await loaders.iteration.load(iterationId);
    return row && toIteration(row);
  }
}
