import { IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { CampaignFilter, CampaignOrderField, CampaignRow } from '../db/warehouse/queries/campaigns.ts';
import type { CampaignProblemName } from '../db/warehouse/tables.ts';
import { CampaignProblem } from './enums.ts';
import { type OrderInput, orderType } from './order.ts';
import { connectionType, PageArgs } from './page.ts';
import { Id } from './scalars.ts';
import { filterDescription, IsList, IsSourceId, IsStorableText } from './validation.ts';

@ObjectType({
  description: 'A campaign of AdGem, which links a click to an offer, as the build read it.',
  simpleResolvers: true,
})
export class Campaign {
  @Field(() => Id, { description: 'Id of the campaign in AdGem.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Name in AdGem; null if it has none.' })
  name!: string | null;

  @Field(() => Id, {
    nullable: true,
    description: 'Id of the offer in Tune (adaction_id in AdGem); null if it has none.',
  })
  offerId!: string | null;

  @Field(() => Id, {
    nullable: true,
    description: 'Id of `strategy`, at no extra cost; null if no strategy has the offer, or several.',
  })
  strategyId!: string | null;

  @Field(() => CampaignProblem, {
    nullable: true,
    description: 'Why no click of the campaign can be attributed by time; null if clicks can be.',
  })
  problem!: CampaignProblemName | null;
}

export const toCampaign = (row: CampaignRow): Campaign => ({
  id: row.id,
  name: row.name,
  offerId: row.offer_id,
  strategyId: row.strategy_id,
  problem: row.problem,
});

export const toCampaignOrNull = (row: CampaignRow | null): Campaign | null => row && toCampaign(row);

export const CampaignConnection = connectionType(Campaign, 'Campaign', 'campaigns');

@InputType('CampaignFilter', { description: filterDescription('campaigns') })
export class CampaignFilterInput implements CampaignFilter {
  @Field(() => [Id], { nullable: true, description: 'Ids of campaigns in AdGem.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  ids?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of offers in Tune.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  offerIds?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Substring of the name, in capital or small letters; at most 200 characters.',
  })
  @IsOptional()
  @IsStorableText()
  @MaxLength(200, { message: 'must have at most 200 characters' })
  nameContains?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: only campaigns with a problem. False: only those without.',
  })
  hasProblem?: boolean | null;

  @Field(() => [CampaignProblem], { nullable: true, description: 'Only campaigns with one of these problems.' })
  @IsOptional()
  @IsList()
  problems?: CampaignProblemName[] | null;
}

export const CampaignOrder = orderType<CampaignOrderField>('Campaign', 'campaigns', {
  ID: 'Campaign id, as a number.',
  NAME: 'Name, in byte order (upper case before lower case).',
  OFFER: 'Offer id, as a number.',
});

export const defaultCampaignOrder: Order<CampaignOrderField> = { field: 'ID', direction: 'ASC' };

@ArgsType()
export class CampaignArgs {
  @Field(() => Id, { description: 'Id of the campaign in AdGem.' })
  @IsStorableText()
  id!: string;
}

@ArgsType()
export class CampaignsArgs extends PageArgs {
  @Field(() => CampaignFilterInput, { nullable: true, description: 'Only campaigns that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: CampaignFilterInput | null;

  @Field(() => CampaignOrder, { nullable: true, defaultValue: defaultCampaignOrder, description: 'Sort order.' })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<CampaignOrderField> | null;
}
