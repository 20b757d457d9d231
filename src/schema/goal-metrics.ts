import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { Answer } from '../db/answer.ts';
import { Lazy } from './lazy.ts';
import { Decimal, Id } from './scalars.ts';

@ObjectType({
  description: 'Interval that contains the true rate with a confidence of 95 %: the Wilson score interval.',
  simpleResolvers: true,
})
export class RateInterval {
  @Field(() => Float, { description: 'Lower bound, 0 or more.' })
  lower!: number;

  @Field(() => Float, { description: 'Upper bound, 1 or less.' })
  upper!: number;
}

/** When a rate is null. */
export const noRateText =
  'Null if `clicks` is 0 or null, or if unattributed conversions are included; exclude them with `status: [ATTRIBUTED]`.';
/** When the part of clicks that convert is null, besides. */
export const noPeriodText =
  'Also null in a period of conversions (`convertedBetween`, a DAY or an HOUR), in which clicks of an earlier period convert: ' +
  'converted clicks are then not some of `clicks`, which are those of the same period. For a period, use `clickedBetween`.';
/** What an interval is, and when it is null. */
export const intervalText =
  'Wilson score interval of `clickConversionRate`, with 95 % confidence. Null if the rate is null.';

@ObjectType({ description: 'Conversions and payout of one goal.', simpleResolvers: true })
export class GoalMetrics {
  @Field(() => Id, { nullable: true, description: 'Id of the goal in Tune; null for events without one.' })
  goalReferenceId!: string | null;

  @Field(() => Int, { description: 'Number of conversions.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of payouts; a null payout counts as 0.' })
  payout!: string;

  @Lazy()
  @Field(() => Int, {
    nullable: true,
    description:
      'Number of distinct clicks that have a conversion of the goal in this set. Null, as the rates, in values of pushes, which have none.',
  })
  convertedClicks!: () => Answer<number | null>;

  @Lazy()
  @Field(() => Float, {
    nullable: true,
    description: `Conversions of the goal divided by the clicks of the iterations, whatever their goals. ${noRateText}`,
  })
  conversionsPerClick!: () => Answer<number | null>;

  @Lazy()
  @Field(() => Float, {
    nullable: true,
    description: `\`convertedClicks\` of the goal divided by the clicks of the iterations, whatever their goals. ${noRateText} ${noPeriodText}`,
  })
  clickConversionRate!: () => Answer<number | null>;

  @Lazy()
  @Field(() => RateInterval, { nullable: true, description: intervalText })
  clickConversionInterval!: () => Answer<RateInterval | null>;
}
