import { ArgsType, Field, Float, Int, ObjectType } from 'type-graphql';
import { ReasonCount } from './attribution-summary.ts';
import { Lazy } from './lazy.ts';
import { connectionType, PageArgs } from './page.ts';
import { DateTime, Id } from './scalars.ts';
import { IsStorableText } from './validation.ts';

@ObjectType({ description: 'Number of checks of the data that found something in a build.', simpleResolvers: true })
export class BuildFindings {
  @Field(() => Int, { description: 'Number of checks of severity ERROR that found something. They block pushes.' })
  errors!: number;

  @Field(() => Int, { description: 'Number of checks of severity WARNING that found something.' })
  warnings!: number;
}

@ObjectType({
  description: 'A finished build of the attribution: a version of the data. It never changes.',
  simpleResolvers: true,
})
export class Build {
  @Field(() => Id, { description: 'Id of the build.' })
  id!: string;

  @Field(() => Id, { description: 'Number of the build: each later build has a higher one.' })
  number!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Cut-off time of the build: clicks at or after it are attributed by a later build.',
  })
  asOf!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the build began.' })
  startedAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the build finished.' })
  builtAt!: string | null;

  @Field(() => Int, { nullable: true, description: 'How long the build took, in whole seconds.' })
  durationSeconds!: number | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Start of the mirror refresh of AdSuite that the build used (the older one of strategies and iterations). Null if unknown.',
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

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Conversions before this time were final in the build, unless an event, a click or a tune_offer_id arrived late. Null if ' +
      'one of the times that it follows from is unknown.',
  })
  finalThrough!: string | null;

  @Field(() => Int, { description: 'Number of conversions.' })
  conversions!: number;

  @Field(() => Int, { description: 'Number of conversions that belong to an iteration.' })
  attributed!: number;

  @Field(() => Int, { description: 'Number of conversions that belong to no iteration.' })
  unattributed!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Share of the conversions that belong to no iteration, 0 to 1: `unattributed` divided by `conversions`. Null without conversions.',
  })
  unattributedShare!: number | null;

  @Field(() => [ReasonCount], {
    description:
      'Unattributed conversions by reason, in the order in which reasons are checked, including those with 0.',
  })
  reasons!: ReasonCount[];

  @Lazy()
  @Field(() => BuildFindings, {
    nullable: true,
    description:
      'What the checks of the data found; null if the build was not checked. `dataQuality` has the findings.',
  })
  findings!: () => Promise<BuildFindings | null>;

  @Field(() => Int, {
    nullable: true,
    description: 'Version of the attribution rule of the dbt models; null if the build was made by an earlier release.',
  })
  ruleVersion!: number | null;

  @Lazy()
  @Field(() => Id, {
    nullable: true,
    description:
      'Id of the oldest build whose state was in the history when this build finished: `changes`, `buildDiff` and `atBuild` go back ' +
      'to that of the newest build. Null if the build has no history, because an earlier release made it.',
  })
  historySince!: () => Promise<string | null>;
}

export const BuildConnection = connectionType(Build, 'Build', 'builds');

@ArgsType()
export class BuildArgs {
  @Field(() => Id, { description: 'Id of the build.' })
  @IsStorableText()
  id!: string;
}

@ArgsType()
export class BuildsArgs extends PageArgs {}
