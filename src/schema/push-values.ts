import { Field, Int, ObjectType } from 'type-graphql';
import type { MetricsValues } from '../push/types.ts';
import { describedEnum } from './enums.ts';
import { GoalMetrics } from './metrics.ts';
import { DateTime, Decimal, Id } from './scalars.ts';

export const PushRowState = describedEnum('PushRowState', 'How the sending of one iteration ended.', {
  PENDING: 'Not sent yet, or to be sent again. In a run that has ended: AdSuite did not apply it; retryPush sends it.',
  ACCEPTED: 'AdSuite has it.',
  STALE: 'AdSuite has a newer version of it.',
  REJECTED: 'AdSuite refused it; code and message are its own.',
  UNKNOWN: 'It was sent, and no answer came. retryPush sends it again; nothing is counted twice.',
});

@ObjectType({
  description: 'What AdSuite is told of an iteration: totals since it began, never differences.',
  simpleResolvers: true,
})
export class PushedMetrics implements MetricsValues {
  @Field(() => Int, { description: 'Clicks that belong to it, converted or not.' })
  clicks!: number;

  @Field(() => Int, { description: 'Attributed conversions.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of their payouts.' })
  payout!: string;

  @Field(() => DateTime, { nullable: true, description: 'When the first of them converted; null without any.' })
  firstConversionAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the last of them converted; null without any.' })
  lastConversionAt!: string | null;

  @Field(() => [GoalMetrics], { description: 'The same by goal, in the order of goal ids.' })
  byGoal!: GoalMetrics[];
}

@ObjectType({
  description: 'One iteration in a push: what was, or is to be, sent, and how that ended.',
  simpleResolvers: true,
})
export class PushRow {
  @Field(() => Id, { description: "The iteration's id in AdSuite." })
  iterationId!: string;

  @Field(() => Id, { description: 'The id of its strategy.' })
  strategyId!: string;

  @Field(() => PushRowState, { description: 'How its sending ended, or that it has not.' })
  state!: keyof typeof PushRowState;

  @Field(() => Int, {
    description: 'The version of the values: the number of the build. An older one never replaces a newer one.',
  })
  version!: number;

  @Field(() => PushedMetrics, {
    nullable: true,
    description: 'What AdSuite had accepted before; null if it was never told of this iteration.',
  })
  old!: PushedMetrics | null;

  @Field(() => PushedMetrics, { description: 'What it is told now.' })
  new!: PushedMetrics;

  @Field(() => String, { nullable: true, description: "AdSuite's code, where it gave one." })
  code!: string | null;

  @Field(() => String, { nullable: true, description: "AdSuite's message, or why it is not known what became of it." })
  message!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When its sending ended; null while it has not.' })
  settledAt!: string | null;
}

@ObjectType({ description: 'What AdSuite accepted last for an iteration.', simpleResolvers: true })
export class PushReceipt {
  @Field(() => Id, { description: 'The run that sent it.' })
  runId!: string;

  @Field(() => Int, { description: 'The version of the values: the number of the build that they are of.' })
  version!: number;

  @Field(() => PushedMetrics, { description: 'What AdSuite has.' })
  values!: PushedMetrics;

  @Field(() => DateTime, { description: 'When AdSuite accepted it.' })
  acceptedAt!: string;
}

@ObjectType({ description: "What is known of an iteration's pushes.", simpleResolvers: true })
export class LastPush {
  @Field(() => PushReceipt, { nullable: true, description: 'What AdSuite accepted last; null if it never did.' })
  accepted!: PushReceipt | null;

  @Field(() => Id, { nullable: true, description: 'The last run that had a row of it; null where none is on record.' })
  runId!: string | null;

  @Field(() => PushRowState, { nullable: true, description: 'How that row stands.' })
  state!: keyof typeof PushRowState | null;

  @Field(() => Int, { nullable: true, description: "That row's version." })
  version!: number | null;

  @Field(() => String, { nullable: true, description: "AdSuite's code for it, where it gave one." })
  code!: string | null;

  @Field(() => String, { nullable: true, description: "AdSuite's message, or why it is not known what became of it." })
  message!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When its sending ended; null while it has not.' })
  settledAt!: string | null;
}
