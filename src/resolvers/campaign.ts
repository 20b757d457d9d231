import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { allCampaigns } from '../connections/campaigns.ts';
import { groupMetrics } from '../connections/metrics.ts';
import type { Context } from '../context.ts';
import { type Answer, mapAnswer } from '../db/answer.ts';
import { Campaign, CampaignArgs, CampaignConnection, CampaignsArgs, toCampaign } from '../schema/campaign.ts';
import { Metrics } from '../schema/metrics.ts';
import type { Connection } from '../schema/page.ts';
import { Strategy, toStrategyOrNull } from '../schema/strategy.ts';
import { isSourceId } from '../schema/validation.ts';

@Resolver(() => Campaign)
export class CampaignResolver {
  @RequiresRole('viewer')
  @Query(() => Campaign, { nullable: true, description: 'Looks up a campaign of AdGem by id. Null if there is none.' })
  async campaign(@Args() { id }: CampaignArgs, @Ctx() { loaders }: Context): Promise<Campaign | null> {
    const row = isSourceId(id) ? await loaders.campaign.load(id) : null;
    return row && toCampaign(row);
  }

  @RequiresRole('viewer')
  @Query(() => CampaignConnection, {
    description: 'Lists campaigns of AdGem, with what prevents the attribution of their clicks.',
  })
  campaigns(@Args() args: CampaignsArgs, @Ctx() { loaders }: Context): Connection<Campaign> {
    return allCampaigns(loaders, args);
  }

  @FieldResolver(() => Strategy, {
    nullable: true,
    description: 'The strategy that has the offer; null if none has it, or several.',
  })
  strategy(@Root() { strategyId }: Campaign, @Ctx() { loaders }: Context): Answer<Strategy | null> {
    return strategyId === null ? null : mapAnswer(loaders.strategy.load(strategyId), toStrategyOrNull);
  }

  @FieldResolver(() => Metrics, {
    description:
      'Totals of the unattributed conversions of the campaign: those that wait for its problem to be solved, or that are ' +
      'unattributed for a reason of their own.',
  })
  waiting(@Root() { id }: Campaign, @Ctx() { loaders }: Context): Answer<Metrics> {
    return groupMetrics(loaders, { dimensions: ['CAMPAIGN'], key: [id], filter: { isAttributed: false } });
  }
}
