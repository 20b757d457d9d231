import { Field, Int, ObjectType } from 'type-graphql';
import type { MetricsValues } from '../push/types.ts';
import { describedEnum } from './enums.ts';
import { GoalMetrics } from './goal-metrics.ts';
import { DateTime, Decimal, Id } from './scalars.ts';

export const PushRowState = describedEnum('PushRowState', 'Delivery state of a row.', {
  PENDING:
    'Not sent yet, or waiting for a retry. In a finished run: not applied by AdSuite; `retryPush` sends it. In a REFUSED run and in ' +
    'a dry run: it would have been sent.',
  ACCEPTED: 'AdSuite accepted it.',
  STALE: 'AdSuite already has a newer version.',
  GONE:
    'AdSuite does not know the iteration (`code` UNKNOWN_ITERATION), and the row has no clicks or conversions, or that was ' +
    "AdSuite's previous answer about it too, to a row with some. Needs no retry: a later push sends it again if the build has " +
    'metrics of it.',
  REJECTED: 'AdSuite rejected it; `code` and `message` are from AdSuite.',
  UNKNOWN: 'Sent without a response. `retryPush` sends it again; nothing is counted twice.',
});

@ObjectType({
  description: 'Metrics of an iteration as sent to AdSuite: totals since it began, not increments.',
  simpleResolvers: true,
})
export class PushedMetrics implements MetricsValues {
  @Field(() => Int, { description: 'Number of clicks of the iteration, converted or not.' })
  clicks!: number;

  @Field(() => Int, { description: 'Number of attributed conversions.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of payouts; a null payout counts as 0.' })
  payout!: string;

  @Field(() => DateTime, { nullable: true, description: 'Time of the first conversion; null if there is none.' })
  firstConversionAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Time of the last conversion; null if there is none.' })
  lastConversionAt!: string | null;

  @Field(() => [GoalMetrics], { description: 'Conversions and payout by goal, sorted by goal id.' })
  byGoal!: GoalMetrics[];
}

@ObjectType({
  description: 'An iteration in a push: the values sent, and the result.',
  simpleResolvers: true,
})
export class PushRow {
  @Field(() => Id, { description: 'Id of the iteration in AdSuite.' })
  iterationId!: string;

  @Field(() => Id, { description: 'Id of the strategy of the iteration.' })
  strategyId!: string;

  @Field(() => PushRowState, { description: 'Delivery state.' })
  state!: keyof typeof PushRowState;

  @Field(() => Int, {
    description: 'Version of the values: the number of the build. A lower version never replaces a higher one.',
  })
  version!: number;

  @Field(() => PushedMetrics, {
    nullable: true,
    description: 'Values that AdSuite had accepted before; null if the iteration had never been accepted.',
  })
  old!: PushedMetrics | null;

  @Field(() => PushedMetrics, { description: 'Values that this push sends.' })
  new!: PushedMetrics;

  @Field(() => String, { nullable: true, description: 'Result code from AdSuite; null if it gave none.' })
  code!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Message from AdSuite, or why the result is unknown; null if there is none.',
  })
  message!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the row reached its final state; null while it is PENDING.',
  })
  settledAt!: string | null;
}

@ObjectType({ description: 'Values of an iteration that AdSuite accepted last.', simpleResolvers: true })
export class PushReceipt {
  @Field(() => Id, { description: 'Id of the run that sent the values.' })
  runId!: string;

  @Field(() => Int, { description: 'Version of the values: the number of their build.' })
  version!: number;

  @Field(() => PushedMetrics, { description: 'The accepted values.' })
  values!: PushedMetrics;

  @Field(() => DateTime, { description: 'When AdSuite accepted the values.' })
  acceptedAt!: string;
}

@ObjectType({
  description:
    'Push state of an iteration: its last receipt and its row in the last run. All row fields are null if no row is on record.',
  simpleResolvers: true,
})
export class LastPush {
  @Field(() => PushReceipt, {
    nullable: true,
    description: 'Values that AdSuite accepted last; null if it never accepted any.',
  })
  accepted!: PushReceipt | null;

  @Field(() => Id, { nullable: true, description: 'Id of the last run with a row of this iteration.' })
  runId!: string | null;

  @Field(() => PushRowState, { nullable: true, description: 'Delivery state of that row.' })
  state!: keyof typeof PushRowState | null;

  @Field(() => Int, { nullable: true, description: 'Version of that row.' })
  version!: number | null;

  @Field(() => String, { nullable: true, description: 'Result code from AdSuite; null if it gave none.' })
  code!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Message from AdSuite, or why the result is unknown; null if there is none.',
  })
  message!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the row reached its final state; null while it is PENDING.',
  })
  settledAt!: string | null;
}
