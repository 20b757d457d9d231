import { Field, ObjectType } from 'type-graphql';
import { HopOutcome, type HopOutcomeName, suggestion, summary } from './explanation-hop.ts';
import { Id } from './scalars.ts';

@ObjectType({ description: 'The third hop: the campaign of the click.', simpleResolvers: true })
export class ExplainedCampaign {
  @Field(() => HopOutcome, { description: 'FOUND, NOT_FOUND, NOT_REACHED or NOT_USED.' })
  outcome!: HopOutcomeName;

  @Field(() => Id, { nullable: true, description: 'The campaign id that was looked for; null if the click has none.' })
  campaignId!: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether AdGem lists the campaign; null if it was not looked for.',
  })
  exists!: boolean | null;

  @Field(() => String, { nullable: true, description: 'Name of the campaign in AdGem.' })
  name!: string | null;

  @Field(() => Id, {
    nullable: true,
    description: 'Offer of the campaign (adaction_id), which the next hop looks for.',
  })
  offerId!: string | null;

  @Field(() => String, { description: summary })
  summary!: string;

  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}
