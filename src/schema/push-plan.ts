import { Field, Int, ObjectType } from 'type-graphql';
import { type GuardName, guardNames } from '../push/types.ts';
import { describedEnum } from './enums.ts';
import { PushedMetrics } from './push-values.ts';
import { DateTime, Decimal, Id } from './scalars.ts';

const guardTexts: Readonly<Record<GuardName, string>> = {
  BUILD_TOO_OLD: 'The build is older than its limit (BUILD_STALE_AFTER_MINUTES).',
  MIRROR_TOO_OLD: "The mirror of AdSuite's tables is older than its limit (MIRROR_STALE_AFTER_MINUTES).",
  UNATTRIBUTED_SHARE_JUMPED: 'The share of conversions without an iteration grew too much since the last push.',
  TOTAL_JUMPED: 'The number of all conversions changed too much since the last push.',
  PAYOUT_JUMPED: 'What a conversion pays on average changed too much against what AdSuite knows.',
  ITERATION_SHRANK: 'An iteration would lose too many of the conversions that AdSuite knows.',
  CREATED_AT_EDITED: 'The created_at of an iteration is another than when it was last pushed; it must never be edited.',
  DATA_QUALITY: 'A check of severity ERROR found something in the build (see dataQuality), or nobody checked it.',
};

export const PushGuard = describedEnum(
  'PushGuard',
  'What keeps a push from being sent unless somebody overrides it with a reason.',
  Object.fromEntries(guardNames.map((name) => [name, guardTexts[name]])) as Record<GuardName, string>,
);

@ObjectType({ description: 'Something that a guard found.', simpleResolvers: true })
export class PushFinding {
  @Field(() => PushGuard, { description: 'Which guard.' })
  guard!: GuardName;

  @Field(() => String, { description: 'What it found, and its limit.' })
  message!: string;

  @Field(() => Id, { nullable: true, description: 'The iteration that it is about, where it is about one.' })
  iterationId!: string | null;
}

@ObjectType({ description: 'What a plan adds up to, over all iterations that were asked for.', simpleResolvers: true })
export class PushTotals {
  @Field(() => Int, { description: 'Iterations that were looked at.' })
  iterations!: number;

  @Field(() => Int, { description: 'Those that AdSuite knows otherwise, and that would be sent.' })
  changed!: number;

  @Field(() => Int, { description: 'Conversions that AdSuite accepted last.' })
  oldConversions!: number;

  @Field(() => Int, { description: 'Conversions that it would know.' })
  newConversions!: number;

  @Field(() => Decimal, { description: 'Payout that AdSuite accepted last.' })
  oldPayout!: string;

  @Field(() => Decimal, { description: 'Payout that it would know.' })
  newPayout!: string;
}

@ObjectType({ description: 'One iteration that would be sent: old and new.', simpleResolvers: true })
export class PushPlanRow {
  @Field(() => Id, { description: "The iteration's id in AdSuite." })
  iterationId!: string;

  @Field(() => Id, { description: 'The id of its strategy.' })
  strategyId!: string;

  @Field(() => PushedMetrics, { nullable: true, description: 'What AdSuite has; null if it was never told.' })
  old!: PushedMetrics | null;

  @Field(() => PushedMetrics, { description: 'What it would be told.' })
  new!: PushedMetrics;
}

@ObjectType({ description: 'What a push would send now. Nothing was sent or recorded.', simpleResolvers: true })
export class PushPlan {
  @Field(() => Id, { description: 'The build that it is made of.' })
  build!: string;

  @Field(() => Int, { description: "The build's number: the version of every row." })
  version!: number;

  @Field(() => DateTime, { description: "The build's asOf." })
  asOf!: string;

  @Field(() => String, {
    description: 'Give it to pushMetrics to send exactly this: it fails with PLAN_CHANGED if the data has moved since.',
  })
  planHash!: string;

  @Field(() => PushTotals, { description: 'What it adds up to.' })
  totals!: PushTotals;

  @Field(() => [PushFinding], {
    description: 'What the guards found: with any of these, pushMetrics refuses unless it is given an override.',
  })
  findings!: PushFinding[];

  @Field(() => String, {
    nullable: true,
    description: 'Why pushMetrics would refuse it, and what overrides that, in one text; null: it would be sent.',
  })
  refusal!: string | null;

  @Field(() => String, { description: 'What the guards compared the build with, or that there is nothing to compare.' })
  comparedWith!: string;

  @Field(() => [PushPlanRow], { description: 'The first rows, in the order of iteration ids; see the argument first.' })
  rows!: PushPlanRow[];
}
