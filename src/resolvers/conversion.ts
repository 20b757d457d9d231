import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { statesOf } from '../connections/conversion-states.ts';
import { allConversions } from '../connections/conversions.ts';
import { appliedRange } from '../connections/ranges.ts';
import type { Context } from '../context.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
import { isOfThisRelease } from '../db/warehouse/queries/builds.ts';
import { instantOrNull } from '../domain/instant.ts';
import { Campaign, toCampaignOrNull } from '../schema/campaign.ts';
import { type ConversionState, ConversionStateConnection, StatesArgs } from '../schema/change.ts';
import { Click } from '../schema/click.ts';
import {
  Conversion,
  ConversionArgs,
  ConversionConnection,
  type ConversionConnectionSource,
  ConversionsAtArgs,
  toConversion,
} from '../schema/conversion.ts';
import { Iteration, toIterationOrNull } from '../schema/iteration.ts';
import type { Connection } from '../schema/page.ts';
import { AppliedRange, clickedBetweenText, convertedBetweenText } from '../schema/range.ts';
import { DateTime } from '../schema/scalars.ts';
import { selectedOfNodes } from '../schema/selected-fields.ts';
import { Strategy, toStrategyOrNull } from '../schema/strategy.ts';

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
  conversions(
    @Args() args: ConversionsAtArgs,
    @Ctx() { loaders }: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ConversionConnectionSource> {
    return allConversions(loaders, args, selectedOfNodes(info));
  }

  @FieldResolver(() => Strategy, {
    nullable: true,
    description:
      'The strategy of the offer of the click, or of the iteration that the click names; null if it is missing or ambiguous.',
  })
  strategy(@Root() { strategyId }: Conversion, @Ctx() { loaders }: Context): Answer<Strategy | null> {
    return strategyId === null ? null : mapAnswer(loaders.strategy.load(strategyId), toStrategyOrNull);
  }

  @FieldResolver(() => Iteration, {
    nullable: true,
    description:
      'The iteration that was live when the click happened, or that the click names; null if the conversion is unattributed.',
  })
  iteration(@Root() { iterationId }: Conversion, @Ctx() { loaders }: Context): Answer<Iteration | null> {
    return iterationId === null ? null : mapAnswer(loaders.iteration.load(iterationId), toIterationOrNull);
  }

  @FieldResolver(() => ConversionStateConnection, {
    nullable: true,
    description:
      'The states that the conversion had, newest first, from which build, and why each began. States that only builds older than ' +
      "the history's first had are not kept. Null if the build being served has no history, because an earlier release made it.",
  })
  history(
    @Root() { id }: Conversion,
    @Args() page: StatesArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Connection<ConversionState> | null> {
    return statesOf(loaders, id, page);
  }

  @FieldResolver(() => Campaign, {
    nullable: true,
    description:
      'The campaign of the click; null if no click was found, the click has none, or AdGem does not list it.',
  })
  campaign(@Root() { campaignId }: Conversion, @Ctx() { loaders }: Context): Answer<Campaign | null> {
    return campaignOf(loaders, campaignId);
  }
}

@Resolver(() => Click)
export class ClickResolver {
  @FieldResolver(() => Campaign, {
    nullable: true,
    description: 'The campaign of the click; null if the click has none, or AdGem does not list it.',
  })
  campaign(@Root() { campaignId }: Click, @Ctx() { loaders }: Context): Answer<Campaign | null> {
    return campaignOf(loaders, campaignId);
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description:
      'When the click was loaded into the warehouse; null if unknown, or if the conversion has another click in the build being served.',
  })
  async loadedAt(@Root() { conversionId, id, timestamp }: Click, @Ctx() { loaders }: Context): Promise<string | null> {
    // A build of an earlier release has no such column.
    const build = await loaders.build();
    if (build === null || !isOfThisRelease(build)) return null;
    const row = await loaders.clickLoadTime.load(conversionId);
    return row?.click_id === id && instantOrNull(row.clicked_at) === timestamp ? instantOrNull(row.loaded_at) : null;
  }
}

function campaignOf(loaders: Context['loaders'], id: string | null): Answer<Campaign | null> {
  return id === null ? null : mapAnswer(loaders.campaign.load(id), toCampaignOrNull);
}

@Resolver(() => ConversionConnection)
export class ConversionRangesResolver {
  @FieldResolver(() => AppliedRange, { nullable: true, description: convertedBetweenText })
  convertedBetween(@Root() connection: ConversionConnectionSource): AppliedRange | null {
    return appliedRange(connection, 'convertedBetween');
  }

  @FieldResolver(() => AppliedRange, { nullable: true, description: clickedBetweenText })
  clickedBetween(@Root() connection: ConversionConnectionSource): AppliedRange | null {
    return appliedRange(connection, 'clickedBetween');
  }
}
