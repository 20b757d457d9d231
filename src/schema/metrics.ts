import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsOptional, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, Float, InputType, Int, ObjectType } from 'type-graphql';
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
import { GoalMetrics, intervalText, noPeriodText, noRateText, RateInterval } from './goal-metrics.ts';
import { Lazy } from './lazy.ts';
import { type OrderInput, orderType } from './order.ts';
import { type Connection, connectionType, PageArgs } from './page.ts';
import type { RangedSource } from './range.ts';
import { atBuildText, DateTime, Day, Decimal, Id, TimeZone, timeZoneText } from './scalars.ts';
import type { TimeValue } from './time-fields.ts';
import { IsStorableText } from './validation.ts';

const convertedClicksText =
  'Number of distinct clicks that have a conversion in this set, however many they have. Conversions whose click was not found ' +
  'have none.';

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
      'Number of clicks of the same iterations in the same period, converted or not. Clicks are counted per iteration and ' +
      'quarter-hour of the click, so the field is null for any other filter or grouping: by goal, campaign or reason, or for ' +
      'a part of a quarter-hour, and with `atBuild`.',
  })
  clicks!: () => Answer<number | null>;

  @Lazy()
  @Field(() => Int, { description: convertedClicksText })
  convertedClicks!: () => Answer<number>;

  @Lazy()
  @Field(() => Float, {
    nullable: true,
    description:
      `Conversions divided by clicks. It exceeds 1 if clicks have several goals, so it is a ratio, not a proportion, and has no ` +
      `interval. ${noRateText}`,
  })
  conversionsPerClick!: () => Answer<number | null>;

  @Lazy()
  @Field(() => Float, {
    nullable: true,
    description: `Part of the clicks that has a conversion: \`convertedClicks\` divided by \`clicks\`. ${noRateText} ${noPeriodText}`,
  })
  clickConversionRate!: () => Answer<number | null>;

  @Lazy()
  @Field(() => RateInterval, { nullable: true, description: intervalText })
  clickConversionInterval!: () => Answer<RateInterval | null>;

  @Lazy()
  @Field(() => Float, {
    nullable: true,
    description: `Conversions divided by clicks. ${noRateText}`,
    deprecationReason:
      'Use conversionsPerClick, which is the same: several goals make it exceed 1. The rate of clicks that convert is clickConversionRate.',
  })
  conversionRate!: () => Answer<number | null>;

  @Lazy()
  @Field(() => DateTime, {
    nullable: true,
    description:
      'Conversions of this set before this time are final: `dataStatus.finalThrough` (with `atBuild`, `Build.finalThrough`), or the end of the period of conversions if ' +
      'that is earlier. Null if unknown, and with `aroundBoundary`.',
  })
  finalThrough!: () => Promise<string | null>;

  @Lazy()
  @Field(() => Boolean, {
    description:
      'True if the totals are final, unless an event, a click or a tune_offer_id arrives late: the set has a period of ' +
      'conversions (`convertedBetween`, a DAY or an HOUR) that ended at or before `dataStatus.finalThrough`. A set without such ' +
      'a period can grow. False with `aroundBoundary`: which conversions match changes when the next iteration begins.',
  })
  isFinal!: () => Promise<boolean>;

  @Lazy()
  @Field(() => [GoalMetrics], { description: 'Totals by goal, most conversions first.' })
  byGoal!: () => Answer<GoalMetrics[]>;
}

@ObjectType({ description: 'Totals of an iteration on one day.', simpleResolvers: true })
export class DailyMetrics {
  @Field(() => Day, { description: 'Day of the conversions, and of the clicks, in `timeZone`.' })
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

  @Field(() => Day, { nullable: true, description: 'DAY key: day of the conversions, in `timeZone`.' })
  get day(): string | null {
    return dayOrNull(this.#value('DAY'));
  }

  @Field(() => DateTime, {
    nullable: true,
    description:
      'HOUR key: start of the hour of the conversions. The hours of `timeZone` may begin at :30 or :45 in UTC.',
  })
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
export interface MetricConnectionSource extends Connection<MetricRow>, RangedSource {
  totals(): Answer<Metrics>;
}

/** The description of the order by keys. */
export const keyOrderText =
  'Keys, in the order of `groupBy`. The only order that stays stable when a new build changes the totals.';

/** The orders by what `AttributionSummary` has, and `Metrics` has not, are in `AttributionSummaryOrder`. */
type OwnOrderField = Exclude<MetricOrderField, 'UNATTRIBUTED' | 'UNATTRIBUTED_SHARE'>;

export const MetricOrder = orderType<OwnOrderField>(
  'Metric',
  'groups',
  {
    CONVERSIONS: 'Number of conversions.',
    PAYOUT: 'Sum of payouts.',
    FIRST_CONVERSION_AT: 'Time of the first conversion.',
    LAST_CONVERSION_AT: 'Time of the last conversion.',
    CLICKS: 'Number of clicks, as `clicks`. Fails if clicks cannot be counted for these groups.',
    CONVERTED_CLICKS: 'Number of distinct clicks that have a conversion, as `convertedClicks`.',
    CONVERSIONS_PER_CLICK:
      'Conversions divided by clicks, with twelve digits after the point. Fails if these groups have no rates: they include ' +
      'unattributed conversions, or clicks cannot be counted.',
    CLICK_CONVERSION_RATE:
      'The same for `convertedClicks`. Also fails in a period of conversions (`convertedBetween`, DAY, HOUR), in which the rate is null.',
    KEY: keyOrderText,
  },
  'DESC',
);

export const defaultMetricOrder: Order<'CONVERSIONS'> = { field: 'CONVERSIONS', direction: 'DESC' };

/** The description of the order of groups. */
export const groupOrderText = 'Sort order; most conversions first by default.';

/** A page of groups. */
@ArgsType()
export class GroupPageArgs extends PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultMetricPageSize,
    description: `Page size: the maximum number of groups to return, 1 to ${maxPageSize}.`,
  })
  declare first?: number | null;

  @Field(() => TimeZone, { nullable: true, defaultValue: 'UTC', description: timeZoneText })
  timeZone?: string | null;

  @Field(() => Id, { nullable: true, description: atBuildText })
  @IsOptional()
  @IsStorableText()
  atBuild?: string | null;
}

/** The description of the lower bounds. */
export const lowerBoundsText =
  'Lower bounds of the numbers of a group, combined with AND: to leave out groups too small to compare. A null bound is ignored.';

@InputType('MetricHaving', { description: lowerBoundsText })
export class MetricHavingInput {
  @Field(() => Int, { nullable: true, description: 'Only groups with at least this many conversions.' })
  @IsOptional()
  @Min(0, { message: 'must be 0 or more' })
  minConversions?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Only groups with at least this many `clicks`. Fails if clicks cannot be counted for these groups.',
  })
  @IsOptional()
  @Min(0, { message: 'must be 0 or more' })
  minClicks?: number | null;

  @Field(() => Int, { nullable: true, description: 'Only groups with at least this many `convertedClicks`.' })
  @IsOptional()
  @Min(0, { message: 'must be 0 or more' })
  minConvertedClicks?: number | null;
}

export const havingText =
  'Only groups that meet these bounds. `totals` are those of all groups, also of the ones that are left out.';

@ArgsType()
export class MetricsArgs extends GroupPageArgs {
  @Field(() => [MetricDimension], { description: 'Dimensions to group by: at least one, each at most once.' })
  @ArrayMinSize(1, { message: 'must have at least one dimension' })
  @ArrayMaxSize(metricDimensions.length, { message: 'has a duplicate dimension' })
  @ArrayUnique({ message: 'has a duplicate dimension' })
  groupBy!: Dimension[];

  @Field(() => MetricOrder, {
    nullable: true,
    defaultValue: defaultMetricOrder,
    description: groupOrderText,
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<OwnOrderField> | null;

  @Field(() => ConversionFilterInput, { nullable: true, description: 'Only conversions that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;

  @Field(() => MetricHavingInput, { nullable: true, description: havingText })
  @IsOptional()
  @ValidateNested()
  having?: MetricHavingInput | null;
}
