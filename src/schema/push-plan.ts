import { Field, Int, ObjectType } from 'type-graphql';
import { type GuardName, guardNames } from '../push/types.ts';
import { describedEnum } from './enums.ts';
import { PageInfo } from './page.ts';
import { PushedMetrics } from './push-values.ts';
import { DateTime, Decimal, Id } from './scalars.ts';

const guardTexts: Readonly<Record<GuardName, string>> = {
  BUILD_TOO_OLD: 'The build is older than BUILD_STALE_AFTER_MINUTES.',
  MIRROR_TOO_OLD: 'The mirror of AdSuite is older than MIRROR_STALE_AFTER_MINUTES, or of unknown age.',
  UNATTRIBUTED_SHARE_JUMPED:
    'The share of unattributed conversions grew by more than PUSH_UNATTRIBUTED_POINTS percentage points since the last push.',
  TOTAL_JUMPED:
    'The number of conversions grew by more than PUSH_GROWTH_PERCENT or shrank by more than PUSH_SHRINK_PERCENT since the last push.',
  PAYOUT_JUMPED:
    'The average payout per conversion changed by more than PUSH_PAYOUT_PERCENT compared with the values in AdSuite.',
  ITERATION_SHRANK:
    'An iteration would lose conversions, and has then lost more than PUSH_ITERATION_SHRINK_PERCENT of the most that AdSuite ' +
    'accepted, and more than PUSH_ITERATION_SHRINK_MINIMUM conversions; or the same of clicks since the last push.',
  CREATED_AT_EDITED: 'created_at of an iteration has changed since its last push. It must never change.',
  DATA_QUALITY:
    'A data quality check of severity ERROR found something in the build (see `dataQuality`), or the build was not checked.',
};

export const PushGuard = describedEnum(
  'PushGuard',
  'Checks before a push. A finding blocks the push unless it is overridden with a reason.',
  Object.fromEntries(guardNames.map((name) => [name, guardTexts[name]])) as Record<GuardName, string>,
);

@ObjectType({ description: 'A finding of a guard.', simpleResolvers: true })
export class PushFinding {
  @Field(() => PushGuard, { description: 'The guard.' })
  guard!: GuardName;

  @Field(() => String, { description: 'What the guard found, and its limit, for display.' })
  message!: string;

  @Field(() => Id, {
    nullable: true,
    description: 'Id of the affected iteration; null if the finding is not about a single one.',
  })
  iterationId!: string | null;
}

@ObjectType({ description: 'Totals of a plan over all selected iterations.', simpleResolvers: true })
export class PushTotals {
  @Field(() => Int, { description: 'Number of selected iterations.' })
  iterations!: number;

  @Field(() => Int, { description: 'Number of rows to send: iterations whose values AdSuite has not accepted.' })
  changed!: number;

  @Field(() => Int, { description: 'Number of conversions that AdSuite accepted last.' })
  oldConversions!: number;

  @Field(() => Int, { description: 'Number of conversions after the push.' })
  newConversions!: number;

  @Field(() => Decimal, { description: 'Payout that AdSuite accepted last.' })
  oldPayout!: string;

  @Field(() => Decimal, { description: 'Payout after the push.' })
  newPayout!: string;
}

@ObjectType({ description: 'An iteration that would be sent.', simpleResolvers: true })
export class PushPlanRow {
  @Field(() => Id, { description: 'Id of the iteration in AdSuite.' })
  iterationId!: string;

  @Field(() => Id, { description: 'Id of the strategy of the iteration.' })
  strategyId!: string;

  @Field(() => PushedMetrics, {
    nullable: true,
    description: 'Values that AdSuite accepted last; null if the iteration was never accepted.',
  })
  old!: PushedMetrics | null;

  @Field(() => PushedMetrics, { description: 'Values to send.' })
  new!: PushedMetrics;

  /** Number of the build whose values are planned. Not a field. */
  builtBy!: number;
}

@ObjectType({ description: 'Preview of a push. Nothing is sent or recorded.', simpleResolvers: true })
export class PushPlan {
  @Field(() => Id, { description: 'Id of the build whose values are planned.' })
  build!: string;

  @Field(() => Int, { description: 'Number of the build, which is the version of every row.' })
  version!: number;

  @Field(() => DateTime, { description: '`asOf` of the build.' })
  asOf!: string;

  @Field(() => String, {
    description:
      'Hash of the plan. Pass it to `pushMetrics` to send exactly this plan, or fail with PLAN_CHANGED if the data has changed.',
  })
  planHash!: string;

  @Field(() => PushTotals, { description: 'Totals over all selected iterations.' })
  totals!: PushTotals;

  @Field(() => [PushFinding], {
    description: 'Findings of the guards. If there are any, `pushMetrics` needs an `override`.',
  })
  findings!: PushFinding[];

  @Field(() => String, {
    nullable: true,
    description:
      'Why `pushMetrics` would refuse the plan and how to override that, for display; null if it would send it.',
  })
  refusal!: string | null;

  @Field(() => String, {
    description: 'What the guards compared the build with, or why they had nothing to compare, for display.',
  })
  comparedWith!: string;

  @Field(() => [PushPlanRow], {
    description:
      'A page of the rows to send, the largest change first: in conversions, then in payout, then in clicks; ties by iteration id. ' +
      '`totals.changed` is the number of all rows.',
  })
  rows!: PushPlanRow[];

  @Field(() => PageInfo, {
    description:
      'Whether there are more rows. Each page plans again; to read a long plan at once, record it with `dryRun: true`, and page ' +
      'through `rows` of the run.',
  })
  pageInfo!: PageInfo;
}
