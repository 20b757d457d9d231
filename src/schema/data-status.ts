import { Field, ID, Int, ObjectType } from 'type-graphql';
import { DateTime } from './scalars.ts';

@ObjectType({
  description: 'What the data is as of. It changes only when a new build of the attribution finishes.',
  simpleResolvers: true,
})
export class DataStatus {
  @Field(() => ID, {
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
      "When AdSuite's tables were last mirrored (the older one). An iteration that is younger is not known yet.",
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
}
