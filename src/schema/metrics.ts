import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsOptional, ValidateNested } from 'class-validator';
import { ArgsType, Field, Float, Int, ObjectType } from 'type-graphql';
import { defaultMetricPageSize, maxPageSize } from '../config/limits.ts';
import type { Answer } from '../db/answer.ts';
import type { Order } from '../db/warehouse/order.ts';
import type { ConversionGroup, MetricOrderField } from '../db/warehouse/queries/aggregates.ts';
import { type MetricDimension as Dimension, metricDimensions } from '../db/warehouse/queries/dimensions.ts';
import type { AttributionStatusName } from '../db/warehouse/tables.ts';
import { instantOrNull, isDay } from '../domain/instant.ts';
import { ConversionFilterInput } from './conversion.ts';
import { AttributionStatus, MetricDimension } from './enums.ts';
import { ErrorsAsValues } from './getters.ts';
import { Lazy } from './lazy.ts';
import { type OrderInput, orderType } from './order.ts';
import { type Connection, connectionType, PageArgs } from './page.ts';
import { atBuildText, DateTime, Day, Decimal, Id } from './scalars.ts';
import type { TimeValue } from './time-fields.ts';
import { IsStorableText } from './validation.ts';

@ObjectType({ description: 'Conversions and payout of one goal.', simpleResolvers: true })
export class GoalMetrics {
  @Field(() => Id, { nullable: true, description: 'Id of the goal in Tune; null for events without one.' })
  goalReferenceId!: string | null;

  @Field(() => Int, { description: 'Number of conversions.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of payouts; a null payout counts as 0.' })
  payout!: string;
}

@ObjectType({ description: 'Totals of a set of conversions.', simpleResolvers: true })
export class Metrics {
  @Field(() => Int, { description: 'Number of conversions.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of payouts; a null payout counts as 0.' })
  payout!: string;

  @Field(() => DateTime, { nullable: true, description: 'Time of the first conversion; null if there is none.' })
  firstConversionAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Time of the last conversion; null if there is none.' })
  lastConversionAt!: string | null;

  @Lazy()
  @Field(() => Int, {
    nullable: true,
    description:
      'Number of clicks of the same iterations in the same period, converted or not. Clicks are counted per iteration and UTC ' +
      'day of the click, so the field is null for any other filter or grouping: by goal, campaign, reason or hour, or for ' +
      'a part of a UTC day, and with `atBuild`.',
  })
  clicks!: () => Answer<number | null>;

  @Lazy()
  @Field(() => Float, {
    nullable: true,
    description:
      'Conversions divided by clicks, as a fraction. Null if `clicks` is 0 or null, or if unattributed conversions are ' +
      'included; exclude them with `status: [ATTRIBUTED]`.',
  })
  conversionRate!: () => Answer<number | null>;

  @Lazy()
  @Field(() => DateTime, {
    nullable: true,
    description:
      'Conversions of this set before this time are final: `dataStatus.finalThrough` (with `atBuild`, `Build.finalThrough`), or the end of the period of conversions if ' +
      'that is earlier. Null if unknown.',
  })
  finalThrough!: () => Promise<string | null>;

  @Lazy()
  @Field(() => Boolean, {
    description:
      'True if the totals are final, unless an event, a click or a tune_offer_id arrives late: the set has a period of ' +
      'conversions (`convertedBetween`, a DAY or an HOUR) that ended at or before `dataStatus.finalThrough`. A set without such ' +
      'a period can grow.',
  })
  isFinal!: () => Promise<boolean>;

  @Lazy()
  @Field(() => [GoalMetrics], { description: 'Totals by goal, most conversions first.' })
  byGoal!: () => Answer<GoalMetrics[]>;
}

@ObjectType({ description: 'Totals of an iteration on one UTC day.', simpleResolvers: true })
export class DailyMetrics {
  @Field(() => Day, { description: 'UTC day of the conversions, and of the clicks.' })
  day!: TimeValue;

  @Field(() => Metrics, { description: 'Totals of the day.' })
  metrics!: Metrics;
}

/** Where each dimension is in the keys of groups; -1: nowhere. */
export type DimensionPlaces = Readonly<Record<Dimension, number>>;

/** The places of the dimensions that groups are grouped by. */
export const placesOf = (dimensions: readonly Dimension[]): DimensionPlaces =>
  Object.fromEntries(metricDimensions.map((name) => [name, dimensions.indexOf(name)])) as DimensionPlaces;

/** The value of a dimension in a group's key; null if the groups do not have it. */
export const valueIn = (
  dimension: Dimension,
  places: DimensionPlaces,
  key: readonly (string | null)[],
): string | null => key[places[dimension]] ?? null;

/** A day as a field that may be null: one that the Day scalar can't express counts as unknown. */
export const dayOrNull = (day: string | null): string | null => (day !== null && isDay(day) ? day : null);

@ObjectType({
  description: 'A group of conversions. Keys that are not in `groupBy` are null.',
  simpleResolvers: true,
})
@ErrorsAsValues()
export class MetricRow {
  @Field(() => Id, {
    nullable: true,
    description: 'STRATEGY key: id of the strategy; null if it is missing or ambiguous.',
  })
  get strategyId(): string | null {
    return this.#value('STRATEGY');
  }

  @Field(() => Id, {
    nullable: true,
    description: 'ITERATION key: id of the iteration; null for unattributed conversions.',
  })
  get iterationId(): string | null {
    return this.#value('ITERATION');
  }

  @Field(() => Id, { nullable: true, description: 'CAMPAIGN key: id of the campaign; null if unknown.' })
  get campaignId(): string | null {
    return this.#value('CAMPAIGN');
  }

  @Field(() => Id, {
    nullable: true,
    description: "OFFER key: id of the offer of the click's campaign; null if it did not decide.",
  })
  get offerId(): string | null {
    return this.#value('OFFER');
  }

  @Field(() => Id, { nullable: true, description: 'GOAL key: id of the goal in Tune; null for events without one.' })
  get goalReferenceId(): string | null {
    return this.#value('GOAL');
  }

  @Field(() => AttributionStatus, { nullable: true, description: 'STATUS key: attributed, or the reason why not.' })
  get status(): AttributionStatusName | null {
    return this.#value('STATUS') as AttributionStatusName | null;
  }

  @Field(() => Day, { nullable: true, description: 'DAY key: UTC day of the conversions.' })
  get day(): string | null {
    return dayOrNull(this.#value('DAY'));
  }

  @Field(() => DateTime, { nullable: true, description: 'HOUR key: start of the UTC hour of the conversions.' })
  get hour(): string | null {
    return instantOrNull(this.#value('HOUR'));
  }

  @Field(() => Metrics, { description: 'Totals of the group.' })
  readonly metrics: Metrics;

  /** Not in the schema: the group, for `drillDown`. */
  readonly group: ConversionGroup;
  readonly #places: DimensionPlaces;

  constructor(places: DimensionPlaces, group: ConversionGroup, metrics: Metrics) {
    this.group = group;
    this.metrics = metrics;
    this.#places = places;
  }

  #value(dimension: Dimension): string | null {
    return valueIn(dimension, this.#places, this.group.key);
  }
}

export const MetricConnection = connectionType(MetricRow, 'Metric', 'groups of conversions');

/** A page of groups, with the totals of all groups. */
export interface MetricConnectionSource extends Connection<MetricRow> {
  totals(): Answer<Metrics>;
}

export const MetricOrder = orderType<MetricOrderField>(
  'Metric',
  'groups',
  {
    CONVERSIONS: 'Number of conversions.',
    PAYOUT: 'Sum of payouts.',
    KEY: 'Keys, in the order of `groupBy`. The only order that stays stable when a new build changes the totals.',
  },
  'DESC',
);

export const defaultMetricOrder: Order<MetricOrderField> = { field: 'CONVERSIONS', direction: 'DESC' };

/** A page of groups, in an order. */
@ArgsType()
export class GroupPageArgs extends PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultMetricPageSize,
    description: `Page size: the maximum number of groups to return, 1 to ${maxPageSize}.`,
  })
  declare first?: number | null;

  @Field(() => MetricOrder, {
    nullable: true,
    defaultValue: defaultMetricOrder,
    description: 'Sort order; most conversions first by default.',
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<MetricOrderField> | null;

  @Field(() => Id, { nullable: true, description: atBuildText })
  @IsOptional()
  @IsStorableText()
  atBuild?: string | null;
}

@ArgsType()
export class MetricsArgs extends GroupPageArgs {
  @Field(() => [MetricDimension], { description: 'Dimensions to group by: at least one, each at most once.' })
  @ArrayMinSize(1, { message: 'must have at least one dimension' })
  @ArrayMaxSize(metricDimensions.length, { message: 'has a duplicate dimension' })
  @ArrayUnique({ message: 'has a duplicate dimension' })
  groupBy!: Dimension[];

  @Field(() => ConversionFilterInput, { nullable: true, description: 'Only conversions that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;
}
