import { Field, Int, ObjectType } from 'type-graphql';
import { ExplanationHop, type ExplanationHopName } from './explanation-hop.ts';
import { DateTime, Id } from './scalars.ts';

@ObjectType({
  description: 'A value of the source tables that differs from the one that the build has.',
  simpleResolvers: true,
})
export class LiveDifference {
  @Field(() => ExplanationHop, { description: 'The hop that reads the value.' })
  hop!: ExplanationHopName;

  @Field(() => Id, {
    description:
      'Id of the row: of the event, the click or the campaign; of a strategy for OFFER, of an iteration for ITERATIONS.',
  })
  id!: string;

  @Field(() => String, {
    description:
      'Name of the value, as in the explanation. EVENT: clickId, goalReferenceId, payout, convertedAt. CLICK: timestamp, campaignId, ' +
      'explicitIterationId (also if that iteration does not exist). CAMPAIGN: exists, offerId. OFFER: tuneOfferId. ITERATIONS: ' +
      'strategyId, createdAt.',
  })
  field!: string;

  @Field(() => String, { nullable: true, description: 'The value in the build; null if it had none, or not the row.' })
  before!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The value in the source now; null if it has none, or not the row.',
  })
  now!: string | null;
}

@ObjectType({
  description:
    'The rows of a conversion in the source tables now, and where they have moved since the build. Events and clicks are looked for ' +
    'within three days of their known time; a click that the build did not find, from 30 days before the conversion to three days ' +
    'after it. With other conversions in the request the period may be longer, up to 40 days.',
  simpleResolvers: true,
})
export class LiveRows {
  @Field(() => DateTime, { description: 'When they were read.' })
  readAt!: string;

  @Field(() => Int, { description: 'Copies of the event.' })
  eventCopies!: number;

  @Field(() => DateTime, { nullable: true, description: 'When its newest copy was loaded; null if there is none.' })
  eventLoadedAt!: string | null;

  @Field(() => Int, { description: 'Copies of the click; 0 also if the event has no click id.' })
  clickCopies!: number;

  @Field(() => DateTime, { nullable: true, description: 'Time of its earliest copy; null if there is none.' })
  clickTimestamp!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When its newest copy was loaded; null if there is none.' })
  clickLoadedAt!: string | null;

  @Field(() => Id, { nullable: true, description: 'Offer of the campaign of the click; null if it has none.' })
  campaignOfferId!: string | null;

  @Field(() => [String], {
    description: 'What differs from the build, one sentence each, for display; empty if nothing does.',
  })
  moved!: string[];

  @Field(() => [LiveDifference], {
    description:
      'The values that differ, in the order of the hops. The rows are those that the build used: of a click that has another ' +
      'campaign now, the campaign and the strategies before. Of the iterations, those that decide about the click.',
  })
  differences!: LiveDifference[];
}
