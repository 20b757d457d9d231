import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsOptional, ValidateNested } from 'class-validator';
import { ArgsType, Field, Float, Int, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { ConversionGroup, MetricOrderField } from '../db/warehouse/queries/aggregates.ts';
import { type MetricDimension as Dimension, metricDimensions } from '../db/warehouse/queries/dimensions.ts';
import type { AttributionStatusName } from '../db/warehouse/tables.ts';
import { ConversionFilterInput } from './conversion.ts';
import { AttributionStatus, MetricDimension } from './enums.ts';
import { type OrderInput, orderType } from './order.ts';
import { type Connection, connectionType, maxPage, PageArgs } from './page.ts';
import { DateTime, Day, Decimal, Id } from './scalars.ts';

@ObjectType({ description: 'Conversions and payout of one goal.', simpleResolvers: true })
export class GoalMetrics {
  @Field(() => Id, { nullable: true, description: "The goal's id in Tune; null for events that name none." })
  goalReferenceId!: string | null;

  @Field(() => Int, { description: 'How many conversions.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of their payouts; those without one count as 0.' })
  payout!: string;
}

@ObjectType({ description: 'What a set of conversions adds up to.', simpleResolvers: true })
export class Metrics {
  @Field(() => Int, { description: 'How many conversions.' })
  conversions!: number;

  @Field(() => Decimal, { description: 'Sum of their payouts; those without one count as 0.' })
  payout!: string;

  @Field(() => DateTime, { nullable: true, description: 'When the first of them converted; null if there is none.' })
  firstConversionAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the last of them converted; null if there is none.' })
  lastConversionAt!: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Clicks that belong to the same iterations, converted or not, counted by the UTC day of the click over the same ' +
      'period. Null where it cannot be told: clicks have no goal, campaign, status or hour, and only whole UTC days.',
  })
  clicks!: () => Promise<number | null>;

  @Field(() => Float, {
    nullable: true,
    description:
      'Conversions per click. Null without clicks, and where unattributed conversions are among those counted ' +
      '(filter by status ATTRIBUTED, or ask a strategy or an iteration).',
  })
  conversionRate!: () => Promise<number | null>;

  @Field(() => [GoalMetrics], { description: 'The same by goal, most conversions first.' })
  byGoal!: () => Promise<GoalMetrics[]>;
}

@ObjectType({ description: 'What an iteration got on one UTC day.', simpleResolvers: true })
export class DailyMetrics {
  @Field(() => Day, { description: 'The UTC day of the conversions (and of the clicks).' })
  day!: string;

  @Field(() => Metrics, { description: 'What that day adds up to.' })
  metrics!: Metrics;
}

@ObjectType({
  description: 'One group of conversions. Of its keys only those that were grouped by are filled.',
  simpleResolvers: true,
})
export class MetricRow {
  @Field(() => Id, { nullable: true, description: 'Grouped by STRATEGY: its id; null where it is not certain.' })
  strategyId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Grouped by ITERATION: its id; null for unattributed conversions.' })
  iterationId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Grouped by CAMPAIGN: its id; null where no click was found.' })
  campaignId!: string | null;

  @Field(() => Id, { nullable: true, description: "Grouped by GOAL: the goal's id in Tune; null where none is named." })
  goalReferenceId!: string | null;

  @Field(() => AttributionStatus, { nullable: true, description: 'Grouped by STATUS: attributed, or why not.' })
  status!: AttributionStatusName | null;

  @Field(() => Day, { nullable: true, description: 'Grouped by DAY: the UTC day of the conversions.' })
  day!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Grouped by HOUR: the beginning of the UTC hour.' })
  hour!: string | null;

  @Field(() => Metrics, { description: 'What the group adds up to.' })
  metrics!: Metrics;

  /** Not in the schema: what the row stands for, for the fields that lead on from it. */
  group!: ConversionGroup;
}

/** A row's keys as the fields of a MetricRow. */
export function metricKeys(dimensions: readonly Dimension[], key: readonly (string | null)[]) {
  const value = (dimension: Dimension): string | null => key[dimensions.indexOf(dimension)] ?? null;
  return {
    strategyId: value('STRATEGY'),
    iterationId: value('ITERATION'),
    campaignId: value('CAMPAIGN'),
    goalReferenceId: value('GOAL'),
    status: value('STATUS') as AttributionStatusName | null,
    day: value('DAY'),
    hour: value('HOUR'),
  };
}

export const MetricConnection = connectionType(MetricRow, 'Metric', 'groups of conversions');

/** A page of groups that also knows what all groups add up to. */
export interface MetricConnectionSource extends Connection<MetricRow> {
  totals(): Promise<Metrics>;
}

export const MetricOrder = orderType<MetricOrderField>(
  'Metric',
  'groups',
  {
    CONVERSIONS: 'By the number of conversions.',
    PAYOUT: 'By the sum of payouts.',
    KEY: 'By what they were grouped by, in the order of groupBy.',
  },
  'DESC',
);

export const defaultMetricOrder: Order<MetricOrderField> = { field: 'CONVERSIONS', direction: 'DESC' };

/** How many groups a page has if the client does not say. */
export const defaultMetricPage = 100;

@ArgsType()
export class MetricsArgs extends PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultMetricPage,
    description: `How many groups at most: 1 to ${maxPage}.`,
  })
  declare first?: number | null;

  @Field(() => [MetricDimension], { description: 'What to group by, one to all of them, each once.' })
  @ArrayMinSize(1, { message: 'needs one dimension at least' })
  @ArrayMaxSize(metricDimensions.length, { message: 'names a dimension twice' })
  @ArrayUnique({ message: 'names a dimension twice' })
  groupBy!: Dimension[];

  @Field(() => ConversionFilterInput, { nullable: true, description: 'Which conversions; all if left out.' })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;

  @Field(() => MetricOrder, {
    nullable: true,
    defaultValue: defaultMetricOrder,
    description: 'In which order; the most conversions first if left out.',
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<MetricOrderField> | null;
}
