import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { firstDay, lastDay } from '../domain/day-ranges.ts';
import { DateTime, Day, TimeZone } from './scalars.ts';

@InputType('LastDays', {
  description:
    "Whole days of `timeZone` before the build's `asOf`: the day of `asOf` itself, which is not over, is not included.",
})
export class LastDaysInput {
  @Field(() => Int, { description: 'Number of days, 1 to 3660.' })
  days!: number;
}

@InputType('InstantRange', {
  description:
    'Time range, in one of three ways: by the instants `from` (inclusive) and `to` (exclusive), by the days `fromDay` and `toDay`, ' +
    'both included, or by the `last` days. An omitted or null bound is unlimited. Days are those of the `timeZone` of the field; of UTC ' +
    'if it has none.',
})
export class InstantRangeInput {
  @Field(() => DateTime, { nullable: true, description: 'Inclusive lower bound.' })
  from?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Exclusive upper bound. It must not be before `from`.' })
  to?: string | null;

  @Field(() => Day, { nullable: true, description: `First day, from its beginning: ${firstDay} to ${lastDay}.` })
  fromDay?: string | null;

  @Field(() => Day, {
    nullable: true,
    description: `Last day, to its end: ${firstDay} to ${lastDay}. It must not be before \`fromDay\`.`,
  })
  toDay?: string | null;

  @Field(() => LastDaysInput, {
    nullable: true,
    description:
      "The last whole days before the build's `asOf`. A newer build may move them, and a cursor of the days before is then rejected: " +
      'continue with the days that the connection of the first page returned (`convertedBetween`, `clickedBetween`). Connections without ' +
      'these fields: page with `from` and `to`.',
  })
  last?: LastDaysInput | null;

  /** For scopes of cursors and for batches: a range is the same in whichever way it is given. */
  toJSON(): { readonly from?: string | null; readonly to?: string | null } {
    return { from: this.from ?? null, to: this.to ?? null };
  }
}

@ObjectType({ description: 'A time range of a filter as it was applied.', simpleResolvers: true })
export class AppliedRange {
  @Field(() => DateTime, { nullable: true, description: 'Inclusive lower bound; null: unlimited.' })
  from!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Exclusive upper bound; null: unlimited.' })
  to!: string | null;

  @Field(() => Day, {
    nullable: true,
    description:
      'First day, in `timeZone`: of a range of days, its own; otherwise the day of `from`. Null: unlimited, outside the years 0001 to 9999, or ' +
      'without a day, because `from` = `to`.',
  })
  fromDay!: string | null;

  @Field(() => Day, {
    nullable: true,
    description:
      'Last day, in `timeZone`: of a range of days, its own; otherwise that of the last instant before `to`. Null as for `fromDay`.',
  })
  toDay!: string | null;

  @Field(() => TimeZone, { description: 'The time zone of the days.' })
  timeZone!: string;
}

/** What a connection keeps of its arguments, to return the ranges as they were applied. */
export interface RangedSource {
  readonly filter: {
    readonly convertedBetween?: RangeValue | null;
    readonly clickedBetween?: RangeValue | null;
  };
  /** Of the days; null: UTC. */
  readonly timeZone: string | null;
}

/** A range after `applyRanges`. */
type RangeValue = Partial<Pick<InstantRangeInput, 'from' | 'to' | 'fromDay' | 'toDay'>>;

/** Descriptions of the fields of these connections. */
export const convertedBetweenText =
  '`convertedBetween` of the filter, with its instants and its days; null if the filter does not have it.';
export const clickedBetweenText = 'The same for `clickedBetween`.';
