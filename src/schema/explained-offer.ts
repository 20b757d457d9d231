import { Field, Int, ObjectType } from 'type-graphql';
import { HopOutcome, type HopOutcomeName, suggestion, summary } from './explanation-hop.ts';
import { Id } from './scalars.ts';

@ObjectType({ description: 'A strategy that has the offer.', simpleResolvers: true })
export class OfferStrategy {
  @Field(() => Id, { description: 'Id of the strategy in AdSuite.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Name of the strategy in AdSuite.' })
  name!: string | null;

  @Field(() => Id, { nullable: true, description: 'Its tune_offer_id: the offer.' })
  tuneOfferId!: string | null;
}

@ObjectType({
  description: 'The fourth hop: the strategies that have the offer of the campaign.',
  simpleResolvers: true,
})
export class ExplainedOffer {
  @Field(() => HopOutcome, { description: 'FOUND, NOT_FOUND, AMBIGUOUS, NOT_REACHED or NOT_USED.' })
  outcome!: HopOutcomeName;

  @Field(() => Id, { nullable: true, description: 'The offer id that was looked for.' })
  offerId!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of strategies that have the offer; null if they were not looked for.',
  })
  strategyCount!: number | null;

  @Field(() => [OfferStrategy], { description: 'These strategies, lowest id first; at most 100.' })
  strategies!: OfferStrategy[];

  @Field(() => String, { description: summary })
  summary!: string;

  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}
