import { Field, Int, ObjectType } from 'type-graphql';
import { HopOutcome, type HopOutcomeName, suggestion, summary } from './explanation-hop.ts';
import { Id } from './scalars.ts';

@ObjectType({
  description: 'The fifth hop: the strategy that has the offer, or that of the iteration that the click names.',
  simpleResolvers: true,
})
export class ExplainedStrategy {
  @Field(() => HopOutcome, {
    description:
      'FOUND, NOT_FOUND, NOT_REACHED, or NOT_USED if the click names an iteration of a strategy that is gone.',
  })
  outcome!: HopOutcomeName;

  @Field(() => Id, { nullable: true, description: 'Id of the strategy, which the next hop looks for.' })
  strategyId!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the strategy in AdSuite.' })
  name!: string | null;

  @Field(() => Id, { nullable: true, description: 'Its tune_offer_id.' })
  tuneOfferId!: string | null;

  @Field(() => Int, { nullable: true, description: 'Number of its iterations; null if they were not looked for.' })
  iterationCount!: number | null;

  @Field(() => String, { description: summary })
  summary!: string;

  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}
