import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { conversionsOf } from '../connections/conversions.ts';
import { groupedMetrics } from '../connections/metrics.ts';
import type { Context } from '../context.ts';
import { Campaign, toCampaign } from '../schema/campaign.ts';
import { type Conversion, ConversionConnection, ConversionPageArgs } from '../schema/conversion.ts';
import { Iteration, toIteration } from '../schema/iteration.ts';
import { MetricConnection, type MetricConnectionSource, MetricRow, Metrics, MetricsArgs } from '../schema/metrics.ts';
import type { Connection } from '../schema/page.ts';
import { Strategy, toStrategy } from '../schema/strategy.ts';

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
  async strategy(@Root() { strategyId }: MetricRow, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    const row = strategyId === null ? null : await loaders.strategy.load(strategyId);
    return row && toStrategy(row);
  }

  @FieldResolver(() => Iteration, {
    nullable: true,
    description: 'The iteration of `iterationId`; null if `iterationId` is null.',
  })
  async iteration(@Root() { iterationId }: MetricRow, @Ctx() { loaders }: Context): Promise<Iteration | null> {
    const row = iterationId === null ? null : await loaders.iteration.load(iterationId);
    return row && toIteration(row);
  }

  @FieldResolver(() => Campaign, {
    nullable: true,
    description: 'The campaign of `campaignId`; null if `campaignId` is null, or AdGem does not list it.',
  })
  async campaign(@Root() { campaignId }: MetricRow, @Ctx() { loaders }: Context): Promise<Campaign | null> {
    const row = campaignId === null ? null : await loaders.campaign.load(campaignId);
    return row && toCampaign(row);
  }

  @FieldResolver(() => ConversionConnection, { description: 'The conversions of this group.' })
  drillDown(
    @Root() { group }: MetricRow,
    @Args() args: ConversionPageArgs,
    @Ctx() { loaders }: Context,
  ): Connection<Conversion> {
    return conversionsOf(loaders, group, args);
  }
}

@Resolver(() => MetricConnection)
export class MetricTotalsResolver {
  @FieldResolver(() => Metrics, { description: 'Totals of all groups, over all pages.' })
  totals(@Root() connection: MetricConnectionSource): Promise<Metrics> {
    return connection.totals();
  }
}
