import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime, Id } from './scalars.ts';

@ObjectType({
  description: "A table of AdSuite's that is mirrored in the warehouse, as it is there now.",
  simpleResolvers: true,
})
export class MirroredTable {
  @Field(() => String, { description: 'Its name: strategies or iterations.' })
  table!: string;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When its last finished refresh began: what changed in AdSuite after that is not in it. Null if none is on record.',
  })
  refreshedAt!: string | null;
}

@ObjectType({
  description: 'How old what the data is made of may be before it counts as stale, in minutes, as configured.',
  simpleResolvers: true,
})
export class StaleAfter {
  @Field(() => Int, { description: 'The build.' })
  build!: number;

  @Field(() => Int, { description: "The mirror of AdSuite's tables." })
  mirror!: number;

  @Field(() => Int, { description: 'The latest event.' })
  events!: number;

  @Field(() => Int, { description: 'The latest click.' })
  clicks!: number;
}

@ObjectType({
  description: 'What the data is as of. It changes only when a new build of the attribution finishes.',
  simpleResolvers: true,
})
export class DataStatus {
  @Field(() => Id, {
    nullable: true,
    description: "The build's id, which is the data's version; null before the first.",
  })
  build!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'The instant at which the open iterations end for this build: later clicks wait for a later build.',
  })
  asOf!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the build finished.' })
  builtAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "How AdSuite's tables stood in this build: when the last refresh of their mirror began (of two, the older one). An " +
      'iteration that is younger is not known yet.',
  })
  mirrorRefreshedAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'The load time of the latest event in the build.' })
  eventsLoadedThrough!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'The load time of the latest click in the build.' })
  clicksLoadedThrough!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds from the oldest of mirror, events and clicks until now: how far the data is behind.',
  })
  lagSeconds!: number | null;

  @Field(() => Boolean, { description: 'Whether something is older than the service is configured to accept.' })
  isStale!: boolean;

  @Field(() => [String], { description: 'What is too old, and by how much; empty if nothing is.' })
  staleReasons!: string[];

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Mirror, events and clicks were all loaded past this instant, so what converted before it changes only by late data ' +
      '(an event, a click or a tune_offer_id that comes late).',
  })
  finalThrough!: string | null;

  @Field(() => [MirroredTable], {
    nullable: true,
    description:
      "AdSuite's tables as they are mirrored now, which may be fresher than the build: then the next build knows more. " +
      "Null, with an error, if the record of refreshes can't be read. Costs a statement.",
  })
  mirror?: MirroredTable[] | null;

  @Field(() => StaleAfter, { description: 'The limits behind isStale, in minutes.' })
  staleAfterMinutes!: StaleAfter;
}
