import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { numberAt } from '../connections/builds.ts';
import { conversionsOf } from '../connections/conversions.ts';
import { appliedRange } from '../connections/ranges.ts';
import { groupedSummaries, summaryOf } from '../connections/summaries.ts';
import type { Context } from '../context.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
import {
  AttributionSummariesArgs,
  AttributionSummary,
  AttributionSummaryArgs,
  AttributionSummaryConnection,
  AttributionSummaryRow,
  type AttributionSummarySource,
  type SummaryConnectionSource,
} from '../schema/attribution-summary.ts';
import { Campaign, toCampaignOrNull } from '../schema/campaign.ts';
import { ConversionConnection, type ConversionConnectionSource, ConversionPageArgs } from '../schema/conversion.ts';
import { AppliedRange, clickedBetweenText, convertedBetweenText } from '../schema/range.ts';
import { Strategy, toStrategyOrNull } from '../schema/strategy.ts';

@Resolver(() => AttributionSummaryRow)
export class AttributionSummaryResolver {
  @RequiresRole('viewer')
  @Query(() => AttributionSummary, { description: 'Counts attributed conversions, and unattributed ones by reason.' })
  async attributionSummary(
    @Args() { filter, atBuild, timeZone }: AttributionSummaryArgs,
    @Ctx() { loaders }: Context,
  ): Promise<AttributionSummarySource> {
    const number = await numberAt(loaders, atBuild, filter);
    const group = { dimensions: [], key: [], filter: filter ?? {}, atBuild: number };
    return summaryOf(loaders, group, timeZone ?? null);
  }

  @RequiresRole('viewer')
  @Query(() => AttributionSummaryConnection, {
    description: 'The counts of `attributionSummary` per strategy, campaign or day, or a combination of them.',
  })
  attributionSummaries(
    @Args() args: AttributionSummariesArgs,
    @Ctx() { loaders }: Context,
  ): Promise<SummaryConnectionSource> {
    return groupedSummaries(loaders, args);
  }

  @FieldResolver(() => Strategy, {
    nullable: true,
    description: 'The strategy of `strategyId`; null if `strategyId` is null.',
  })
  strategy(@Root() { strategyId }: AttributionSummaryRow, @Ctx() { loaders }: Context): Answer<Strategy | null> {
    return strategyId === null ? null : mapAnswer(loaders.strategy.load(strategyId), toStrategyOrNull);
  }

  @FieldResolver(() => Campaign, {
    nullable: true,
    description: 'The campaign of `campaignId`; null if `campaignId` is null, or AdGem does not list it.',
  })
  campaign(@Root() { campaignId }: AttributionSummaryRow, @Ctx() { loaders }: Context): Answer<Campaign | null> {
    return campaignId === null ? null : mapAnswer(loaders.campaign.load(campaignId), toCampaignOrNull);
  }

  @FieldResolver(() => ConversionConnection, { description: 'The conversions of this group.' })
  drillDown(
    @Root() { group }: AttributionSummaryRow,
    @Args() args: ConversionPageArgs,
    @Ctx() { loaders }: Context,
  ): ConversionConnectionSource {
    return conversionsOf(loaders, group, args);
  }
}

@Resolver(() => AttributionSummaryConnection)
export class SummaryTotalsResolver {
  @FieldResolver(() => AttributionSummary, { description: 'Counts of all groups, over all pages.' })
  totals(@Root() connection: SummaryConnectionSource): Promise<AttributionSummarySource> {
    return connection.totals();
  }

  @FieldResolver(() => AppliedRange, { nullable: true, description: convertedBetweenText })
  convertedBetween(@Root() connection: SummaryConnectionSource): AppliedRange | null {
    return appliedRange(connection, 'convertedBetween');
  }

  @FieldResolver(() => AppliedRange, { nullable: true, description: clickedBetweenText })
  clickedBetween(@Root() connection: SummaryConnectionSource): AppliedRange | null {
    return appliedRange(connection, 'clickedBetween');
  }
}

@Resolver(() => AttributionSummary)
export class SummaryRangesResolver {
  @FieldResolver(() => AppliedRange, { nullable: true, description: convertedBetweenText })
  convertedBetween(@Root() summary: AttributionSummarySource): AppliedRange | null {
    return appliedRange(summary, 'convertedBetween');
  }

  @FieldResolver(() => AppliedRange, { nullable: true, description: clickedBetweenText })
  clickedBetween(@Root() summary: AttributionSummarySource): AppliedRange | null {
    return appliedRange(summary, 'clickedBetween');
  }
}
