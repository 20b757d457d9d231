import { Field, Int, ObjectType } from 'type-graphql';
import { Volatile } from '../http/volatile.ts';
import { DateTime, Id } from './scalars.ts';

@ObjectType({
  description: 'Current state of an AdSuite table that is mirrored in the warehouse.',
  simpleResolvers: true,
})
export class MirroredTable {
  @Field(() => String, { description: 'Name of the table: strategies or iterations.' })
  table!: string;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Start of the last completed refresh. The mirror lacks changes made in AdSuite after this time. Null if no refresh is recorded.',
  })
  refreshedAt!: string | null;
}

@ObjectType({
  description: 'Configured maximum ages before data counts as stale, in minutes.',
  simpleResolvers: true,
})
export class StaleAfter {
  @Field(() => Int, { description: 'Maximum age of the build (`asOf`), in minutes.' })
  build!: number;

  @Field(() => Int, { description: 'Maximum age of the mirror of AdSuite (`mirrorRefreshedAt`), in minutes.' })
  mirror!: number;

  @Field(() => Int, { description: 'Maximum age of the latest event (`eventsLoadedThrough`), in minutes.' })
  events!: number;

  @Field(() => Int, { description: 'Maximum age of the latest click (`clicksLoadedThrough`), in minutes.' })
  clicks!: number;
}

@ObjectType({
  description:
    'Version and freshness of the data. All fields except ages and `mirror` change only when a new build finishes.',
  simpleResolvers: true,
})
export class DataStatus {
  @Field(() => Id, {
    nullable: true,
    description: 'Id of the build being served, which is the version of the data; null before the first build.',
  })
  build!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Cut-off time of the build: clicks at or after it are attributed by a later build. Null before the first build.',
  })
  asOf!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the build finished; null before the first build.' })
  builtAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Start of the mirror refresh of AdSuite that the build used (the older one of strategies and iterations). The ' +
      'build lacks iterations created after this time. Null if unknown.',
  })
  mirrorRefreshedAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Load time of the latest event in the build; null if there is none.',
  })
  eventsLoadedThrough!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Load time of the latest click in the build; null if there is none.',
  })
  clicksLoadedThrough!: string | null;

  @Volatile()
  @Field(() => Int, {
    nullable: true,
    description:
      'Age of the data in seconds: from the earliest of `mirrorRefreshedAt`, `eventsLoadedThrough` and ' +
      '`clicksLoadedThrough` to now. Null if one of them is null.',
  })
  lagSeconds!: number | null;

  @Volatile()
  @Field(() => Boolean, {
    description: 'True if anything is older than its limit in `staleAfterMinutes`, or of unknown age.',
  })
  isStale!: boolean;

  @Volatile()
  @Field(() => [String], { description: 'What is too old, and its limit, for display; empty if `isStale` is false.' })
  staleReasons!: string[];

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Conversions before this time are final, unless an event, a click or a tune_offer_id arrives late. Null if ' +
      '`lagSeconds` or `asOf` is null.',
  })
  finalThrough!: string | null;

  @Field(() => [MirroredTable], {
    nullable: true,
    description:
      'Current state of the mirror of AdSuite, which may be newer than the build. Null, with an entry in `errors`, if the refresh ' +
      'log is unreadable. Costs one more SQL statement.',
  })
  mirror?: MirroredTable[] | null;

  @Field(() => StaleAfter, { description: 'Age limits that `isStale` applies, in minutes.' })
  staleAfterMinutes!: StaleAfter;
}
