import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { conversionsOf } from '../connections/conversions.ts';
import { groupedMetrics } from '../connections/metrics.ts';
import { appliedRange } from '../connections/ranges.ts';
import type { Context } from '../context.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
import { Campaign, toCampaignOrNull } from '../schema/campaign.ts';
import { ConversionConnection, type ConversionConnectionSource, ConversionPageArgs } from '../schema/conversion.ts';
import { Iteration, toIterationOrNull } from '../schema/iteration.ts';
import { MetricConnection, type MetricConnectionSource, MetricRow, Metrics, MetricsArgs } from '../schema/metrics.ts';
import { AppliedRange, clickedBetweenText, convertedBetweenText } from '../schema/range.ts';
import { Strategy, toStrategyOrNull } from '../schema/strategy.ts';

@Resolver(() => MetricRow)
export class MetricsResolver {
  @RequiresRole('viewer')
  @Query(() => MetricConnection, {
    description:
      'Groups conversions by one or more dimensions and totals each group. Unattributed conversions are included unless ' +
      'filtered out.',
  })
  metrics(@Args() args: MetricsArgs, @Ctx() { loaders }: Context): Promise<MetricConnectionSource> {
    return groupedMetrics(loaders, args);
  }

  @FieldResolver(() => Strategy, {
    nullable: true,
    description: 'The strategy of `strategyId`; null if `strategyId` is null.',
  })
  strategy(@Root() { strategyId }: MetricRow, @Ctx() { loaders }: Context): Answer<Strategy | null> {
    return strategyId === null ? null : mapAnswer(loaders.strategy.load(strategyId), toStrategyOrNull);
  }

  @FieldResolver(() => Iteration, {
    nullable: true,
    description: 'The iteration of `iterationId`; null if `iterationId` is null.',
  })
  iteration(@Root() { iterationId }: MetricRow, @Ctx() { loaders }: Context): Answer<Iteration | null> {
    return iterationId === null ? null : mapAnswer(loaders.iteration.load(iterationId), toIterationOrNull);
  }

  @FieldResolver(() => Campaign, {
    nullable: true,
    description: 'The campaign of `campaignId`; null if `campaignId` is null, or AdGem does not list it.',
  })
  campaign(@Root() { campaignId }: MetricRow, @Ctx() { loaders }: Context): Answer<Campaign | null> {
    return campaignId === null ? null : mapAnswer(loaders.campaign.load(campaignId), toCampaignOrNull);
  }

  @FieldResolver(() => ConversionConnection, { description: 'The conversions of this group.' })
  drillDown(
    @Root() { group }: MetricRow,
    @Args() args: ConversionPageArgs,
    @Ctx() { loaders }: Context,
  ): ConversionConnectionSource {
    return conversionsOf(loaders, group, args);
  }
}

@Resolver(() => MetricConnection)
export class MetricTotalsResolver {
  @FieldResolver(() => Metrics, { description: 'Totals of all groups, over all pages.' })
  totals(@Root() connection: MetricConnectionSource): Answer<Metrics> {
    return connection.totals();
  }

  @FieldResolver(() => AppliedRange, { nullable: true, description: convertedBetweenText })
  convertedBetween(@Root() connection: MetricConnectionSource): AppliedRange | null {
    return appliedRange(connection, 'convertedBetween');
  }

  @FieldResolver(() => AppliedRange, { nullable: true, description: clickedBetweenText })
  clickedBetween(@Root() connection: MetricConnectionSource): AppliedRange | null {
    return appliedRange(connection, 'clickedBetween');
  }
}
