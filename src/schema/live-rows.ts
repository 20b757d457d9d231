import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime, Id } from './scalars.ts';

@ObjectType({
  description:
    'The rows of a conversion in the source tables now, and where they have moved since the build. Events and clicks are looked for ' +
    'within three days of their known time; a click that the build did not find, from 30 days before the conversion to three days ' +
    'after it.',
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
}
