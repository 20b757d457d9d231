import { Field, ObjectType } from 'type-graphql';
import { Volatile } from '../http/volatile.ts';
import { HopOutcome, type HopOutcomeName, suggestion, summary } from './explanation-hop.ts';
import { DateTime, Id } from './scalars.ts';

@ObjectType({
  description:
    'What the copies of a click say. A click may be delivered several times. Its time is that of the earliest copy; its campaign, ' +
    'and the iteration that it names, are those of the earliest copy that has one.',
  simpleResolvers: true,
})
export class ClickCopies {
  @Field(() => Boolean, {
    description:
      'True if copies have different campaigns or name different iterations, or if their times differ at all.',
  })
  differ!: boolean;

  @Field(() => DateTime, { nullable: true, description: 'Time of the earliest copy, which counts.' })
  firstAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Time of the latest copy.' })
  lastAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the copy whose campaign counts; null if no copy has a campaign.',
  })
  campaignFromCopyAt!: string | null;

  @Field(() => Id, { nullable: true, description: 'Lowest campaign id of the copies; null if no copy has one.' })
  lowestCampaignId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Highest campaign id of the copies; null if no copy has one.' })
  highestCampaignId!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the copy whose iteration id counts; null if no copy names an iteration.',
  })
  iterationFromCopyAt!: string | null;

  @Field(() => Id, { nullable: true, description: 'Iteration id of that copy. The iteration may not exist.' })
  namedIterationId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Lowest iteration id that a copy names; null if none does.' })
  lowestIterationId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Highest iteration id that a copy names; null if none does.' })
  highestIterationId!: string | null;

  @Field(() => String, { description: 'Whether they differ, and which copy counts, for display.' })
  summary!: string;
}

@ObjectType({ description: 'The second hop: the click with the click id of the event.', simpleResolvers: true })
export class ExplainedClick {
  @Field(() => HopOutcome, { description: 'FOUND, NOT_FOUND or NOT_REACHED.' })
  outcome!: HopOutcomeName;

  @Field(() => Id, { nullable: true, description: 'The click id that was looked for; null if the event has none.' })
  clickId!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the click happened; null if it was not found.' })
  timestamp!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the copy of the click that counts was loaded; null if unknown.',
  })
  loadedAt!: string | null;

  @Field(() => Id, { nullable: true, description: 'Campaign of the click, which the next hop looks for.' })
  campaignId!: string | null;

  @Field(() => Id, {
    nullable: true,
    description:
      'The iteration that the click names, if it exists: it decides, and the method is EXPLICIT. Else null; ' +
      '`copies.namedIterationId` shows an iteration id that does not exist.',
  })
  explicitIterationId!: string | null;

  @Volatile()
  @Field(() => ClickCopies, {
    nullable: true,
    description:
      'What the copies of the click say. Null if no click was found, or if the build being served is not the newest one, which ' +
      'alone has this detail.',
  })
  copies!: ClickCopies | null;

  @Field(() => String, { description: summary })
  summary!: string;

  @Volatile()
  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}
