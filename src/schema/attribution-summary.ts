import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, Float, InputType, Int, ObjectType } from 'type-graphql';
import type { ConversionGroup, MetricOrderField } from '../db/warehouse/queries/aggregates.ts';
import { type SummaryDimensionName, summaryDimensions } from '../db/warehouse/queries/dimensions.ts';
import { type AttributionStatusName, attributionStatuses } from '../db/warehouse/tables.ts';
import { ConversionFilterArgs, ConversionFilterInput } from './conversion.ts';
import { AttributionStatus, SummaryDimension, statusTexts } from './enums.ts';
import { Lazy } from './lazy.ts';
import {
  defaultMetricOrder,
  GroupPageArgs,
  groupOrderText,
  havingText,
  keyOrderText,
  lowerBoundsText,
} from './metrics.ts';
import { type OrderInput, orderType } from './order.ts';
import { type Connection, connectionType } from './page.ts';
import type { RangedSource } from './range.ts';
import { atBuildText, Day, Id } from './scalars.ts';
import { IsStorableText } from './validation.ts';

@ObjectType({ description: 'Number of conversions that are unattributed for one reason.', simpleResolvers: true })
export class ReasonCount {
  @Field(() => AttributionStatus, { description: 'The reason: the first one that applied.' })
  status!: AttributionStatusName;

  @Field(() => String, { description: 'Explanation of the reason, for display.' })
  description!: string;

  @Field(() => Int, { description: 'Number of conversions with this reason.' })
  conversions!: number;
}

@ObjectType({
  description:
    'Number of attributed conversions, and of unattributed ones by reason. `total` = `attributed` + `unattributed`; ' +
    '`unattributed` = the sum of `reasons`.',
  simpleResolvers: true,
})
export class AttributionSummary {
  @Field(() => Int, { description: 'Number of conversions that match the filter.' })
  total!: number;

  @Field(() => Int, { description: 'Number of conversions that belong to an iteration.' })
  attributed!: number;

  @Field(() => Int, { description: 'Number of conversions that belong to no iteration.' })
  unattributed!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Share of the conversions that belong to no iteration, 0 to 1: `unattributed` divided by `total`. The filter restricts both, so ' +
      'a filter by status, method or iteration changes its meaning. Null without conversions.',
  })
  unattributedShare!: number | null;

  @Field(() => [ReasonCount], {
    description:
      'One entry per reason, in the order in which reasons are checked. Includes reasons with 0 conversions.',
  })
  reasons!: ReasonCount[];
}

/** Counts, with the ranges of the filter of their conversions. */
export type AttributionSummarySource = AttributionSummary & RangedSource;

type Reason = Exclude<AttributionStatusName, 'ATTRIBUTED'>;

/** The number of conversions with each reason, in the order in which reasons are checked. */
export const reasonCounts = (countOf: (status: Reason) => number): ReasonCount[] =>
  attributionStatuses
    .filter((status) => status !== 'ATTRIBUTED')
    .map((status) => ({ status, description: statusTexts[status], conversions: countOf(status) }));

@ArgsType()
export class AttributionSummaryArgs extends ConversionFilterArgs {
  @Field(() => Id, { nullable: true, description: atBuildText })
  @IsOptional()
  @IsStorableText()
  atBuild?: string | null;
}

@ObjectType({
  description:
    'The counts of a group of conversions. Keys that are not in `groupBy` are null. The counts of all groups add up to ' +
    '`totals`.',
  simpleResolvers: true,
})
export class AttributionSummaryRow {
  @Field(() => Id, {
    nullable: true,
    description: 'STRATEGY key: id of the strategy; null if it is missing or ambiguous.',
  })
  strategyId!: string | null;

  @Field(() => Id, { nullable: true, description: 'CAMPAIGN key: id of the campaign; null if unknown.' })
  campaignId!: string | null;

  @Field(() => Day, { nullable: true, description: 'DAY key: day of the conversions, in `timeZone`.' })
  day!: string | null;

  @Lazy()
  @Field(() => AttributionSummary, { description: 'Counts of the group.' })
  summary!: () => Promise<AttributionSummarySource>;

  /** Not in the schema: the group, for `drillDown`. */
  group!: ConversionGroup;
}

export const AttributionSummaryConnection = connectionType(
  AttributionSummaryRow,
  'AttributionSummary',
  'groups of conversions',
);

/** A page of groups, with the counts of all groups. */
export interface SummaryConnectionSource extends Connection<AttributionSummaryRow>, RangedSource {
  totals(): Promise<AttributionSummarySource>;
}

type SummaryOrderField = Extract<MetricOrderField, 'CONVERSIONS' | 'UNATTRIBUTED' | 'UNATTRIBUTED_SHARE' | 'KEY'>;

const AttributionSummaryOrder = orderType<SummaryOrderField>(
  'AttributionSummary',
  'groups',
  {
    CONVERSIONS: 'Number of conversions, as `total`.',
    UNATTRIBUTED: 'Number of unattributed conversions, as `unattributed`.',
    UNATTRIBUTED_SHARE:
      'Share of unattributed conversions, as `unattributedShare`, with twelve digits after the point. Small groups have the largest ' +
      'shares: leave them out with `having: {minConversions}`.',
    KEY: keyOrderText,
  },
  'DESC',
);

@InputType('AttributionSummaryHaving', { description: lowerBoundsText })
class AttributionSummaryHavingInput {
  @Field(() => Int, { nullable: true, description: 'Only groups with at least this many conversions.' })
  @IsOptional()
  @Min(0, { message: 'must be 0 or more' })
  minConversions?: number | null;

  @Field(() => Int, { nullable: true, description: 'Only groups with at least this many `unattributed` conversions.' })
  @IsOptional()
  @Min(0, { message: 'must be 0 or more' })
  minUnattributed?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Only groups with at least this `unattributedShare`, 0 to 1. Compared with twelve digits after the point.',
  })
  @IsOptional()
  @Min(0, { message: 'must be from 0 to 1' })
  @Max(1, { message: 'must be from 0 to 1' })
  minUnattributedShare?: number | null;
}

@ArgsType()
export class AttributionSummariesArgs extends GroupPageArgs {
  @Field(() => [SummaryDimension], { description: 'Dimensions to group by: at least one, each at most once.' })
  @ArrayMinSize(1, { message: 'must have at least one dimension' })
  @ArrayMaxSize(summaryDimensions.length, { message: 'has a duplicate dimension' })
  @ArrayUnique({ message: 'has a duplicate dimension' })
  groupBy!: SummaryDimensionName[];

  @Field(() => AttributionSummaryOrder, {
    nullable: true,
    defaultValue: defaultMetricOrder,
    description: groupOrderText,
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<SummaryOrderField> | null;

  @Field(() => ConversionFilterInput, { nullable: true, description: 'Only conversions that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;

  @Field(() => AttributionSummaryHavingInput, { nullable: true, description: havingText })
  @IsOptional()
  @ValidateNested()
  having?: AttributionSummaryHavingInput | null;
}
