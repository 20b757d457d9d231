import { IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { ConversionFilter, ConversionOrderField, ConversionRow } from '../db/warehouse/queries/conversions.ts';
import type { AttributionMethodName, AttributionStatusName } from '../db/warehouse/tables.ts';
import { instantOrNull } from '../domain/instant.ts';
import { secondsOrNull } from '../domain/seconds.ts';
import { Click } from './click.ts';
import { AttributionMethod, AttributionStatus } from './enums.ts';
import { type OrderInput, orderType } from './order.ts';
import { connectionType, PageArgs } from './page.ts';
import { InstantRangeInput } from './range.ts';
import { atBuildText, DateTime, Decimal, Id, Seconds } from './scalars.ts';
import { instantOrError, type TimeValue } from './time-fields.ts';
import { filterDescription, IsList, IsRange, IsSourceId, IsStorableText } from './validation.ts';

@ObjectType({
  description: 'A goal complete event, with its click and the iteration that was live when the click happened.',
  simpleResolvers: true,
})
export class Conversion {
  @Field(() => Id, { description: 'Id of the event in the event stream.' })
  id!: string;

  @Field(() => Id, {
    nullable: true,
    description: 'Click id in the event; null if it has none. The click itself may be missing.',
  })
  clickId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Id of the goal in Tune; null if the event has none.' })
  goalReferenceId!: string | null;

  @Field(() => Decimal, {
    nullable: true,
    description: 'What the conversion pays, in the unit of the event stream; null if the event has no payout.',
  })
  payout!: string | null;

  @Field(() => DateTime, { description: 'When the goal was completed: the time of the event.' })
  convertedAt!: TimeValue;

  @Field(() => DateTime, { nullable: true, description: 'When the click happened; null if no click was found.' })
  clickedAt!: string | null;

  @Field(() => DateTime, { description: 'When the event was loaded into the warehouse.' })
  loadedAt!: TimeValue;

  @Field(() => Id, {
    nullable: true,
    description: 'Id of the AdGem campaign of the click; null if no click was found or the click has none.',
  })
  campaignId!: string | null;

  @Field(() => AttributionStatus, {
    description: 'ATTRIBUTED, or the reason why it is not: the first one that applies.',
  })
  status!: AttributionStatusName;

  @Field(() => AttributionMethod, {
    nullable: true,
    description: 'How the iteration was determined; null if the conversion is unattributed.',
  })
  method!: AttributionMethodName | null;

  @Field(() => Seconds, {
    nullable: true,
    description:
      'How long after the iteration began the click happened. Negative only if the click names its iteration, which may have ' +
      'begun later. Null if the conversion is unattributed.',
  })
  secondsIntoIteration!: string | null;

  @Field(() => Click, { nullable: true, description: 'The click; null if none was found.' })
  click!: Click | null;

  @Field(() => Id, {
    nullable: true,
    description: 'Id of `strategy`, at no extra cost; null if the strategy is missing or ambiguous.',
  })
  strategyId!: string | null;

  @Field(() => Id, {
    nullable: true,
    description: 'Id of `iteration`, at no extra cost; null if the conversion is unattributed.',
  })
  iterationId!: string | null;
}

/** A conversion as the API shows it. */
export function toConversion(row: ConversionRow): Conversion {
  const owner = { type: 'Conversion', id: row.id };
  return {
    id: row.id,
    clickId: row.click_id,
    goalReferenceId: row.goal_reference_id,
    payout: row.payout,
    convertedAt: instantOrError(row.converted_at, owner, 'converted_at'),
    clickedAt: instantOrNull(row.clicked_at),
    loadedAt: instantOrError(row.loaded_at, owner, 'loaded_at'),
    campaignId: row.campaign_id,
    status: row.status,
    method: row.method,
    secondsIntoIteration: secondsOrNull(row.microseconds_into_iteration),
    click: toClick(row),
    strategyId: row.strategy_id,
    iterationId: row.iteration_id,
  };
}

function toClick({
  id,
  click_id: clickId,
  clicked_at: clickedAt,
  campaign_id: campaignId,
}: ConversionRow): Click | null {
  if (clickId === null || clickedAt === null) return null;
  const timestamp = instantOrError(clickedAt, { type: 'Conversion', id }, 'click_timestamp');
  return { id: clickId, timestamp, campaignId, conversionId: id };
}

export const ConversionConnection = connectionType(Conversion, 'Conversion', 'conversions');

@InputType('ConversionFilter', {
  description: filterDescription('conversions'),
})
export class ConversionFilterInput implements ConversionFilter {
  @Field(() => [Id], { nullable: true, description: 'Ids of events.' })
  @IsOptional()
  @IsList()
  @IsStorableText()
  ids?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Click ids in the events.' })
  @IsOptional()
  @IsList()
  @IsStorableText()
  clickIds?: string[] | null;

  @Field(() => [Id], {
    nullable: true,
    description:
      'Ids of strategies. Also matches unattributed conversions whose strategy is known; add ' +
      '`status: [ATTRIBUTED]` to exclude them.',
  })
  @IsOptional()
  @IsList()
  @IsSourceId()
  strategyIds?: string[] | null;

  @Field(() => [Id], {
    nullable: true,
    description: 'Ids of iterations. Matches attributed conversions only.',
  })
  @IsOptional()
  @IsList()
  @IsSourceId()
  iterationIds?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of AdGem campaigns.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  campaignIds?: string[] | null;

  @Field(() => [Id], {
    nullable: true,
    description:
      "Ids of offers in Tune: of the click's campaign, if the attribution got so far. Excludes conversions whose click names its " +
      'iteration.',
  })
  @IsOptional()
  @IsList()
  @IsSourceId()
  offerIds?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of goals in Tune.' })
  @IsOptional()
  @IsList()
  @IsStorableText()
  goalReferenceIds?: string[] | null;

  @Field(() => [AttributionStatus], {
    nullable: true,
    description: 'Statuses: attributed, or unattributed for one of these reasons.',
  })
  @IsOptional()
  @IsList()
  status?: AttributionStatusName[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: only attributed conversions. False: only unattributed ones, for any reason.',
  })
  isAttributed?: boolean | null;

  @Field(() => AttributionMethod, {
    nullable: true,
    description: 'How the iteration was determined. Matches attributed conversions only.',
  })
  method?: AttributionMethodName | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'When the goal was completed.' })
  @IsOptional()
  @ValidateNested()
  @IsRange()
  convertedBetween?: InstantRangeInput | null;

  @Field(() => InstantRangeInput, {
    nullable: true,
    description: 'When the click happened. If bounded, excludes conversions without a click.',
  })
  @IsOptional()
  @ValidateNested()
  @IsRange()
  clickedBetween?: InstantRangeInput | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'In seconds, 0 or more: only attributed conversions whose click happened at most this long after their iteration began. Finds ' +
      'clicks during a switch of configurations, whose attribution deserves a second look.',
  })
  @IsOptional()
  @Min(0, { message: 'must be 0 seconds or more' })
  @Max(2_147_483_647)
  boundaryWithin?: number | null;
}

export const ConversionOrder = orderType<ConversionOrderField>('Conversion', 'conversions', {
  ID: 'Event id, as text.',
  CONVERTED_AT: 'Time of the conversion.',
  CLICKED_AT: 'Time of the click.',
  LOADED_AT: 'Time at which the event was loaded into the warehouse.',
  PAYOUT: 'Payout.',
});

export const defaultConversionOrder: Order<ConversionOrderField> = { field: 'CONVERTED_AT', direction: 'DESC' };

@ArgsType()
export class ConversionArgs {
  @Field(() => Id, { description: 'Id of the event in the event stream.' })
  @IsStorableText()
  id!: string;
}

@ArgsType()
export class ConversionFilterArgs {
  @Field(() => ConversionFilterInput, { nullable: true, description: 'Only conversions that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;
}

@ArgsType()
export class ConversionPageArgs extends PageArgs {
  @Field(() => ConversionOrder, {
    nullable: true,
    defaultValue: defaultConversionOrder,
    description: 'Sort order; latest first by default.',
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<ConversionOrderField> | null;
}

@ArgsType()
export class ConversionsArgs extends ConversionPageArgs {
  @Field(() => ConversionFilterInput, { nullable: true, description: 'Only conversions that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;
}

@ArgsType()
export class ConversionsAtArgs extends ConversionsArgs {
  @Field(() => Id, { nullable: true, description: atBuildText })
  @IsOptional()
  @IsStorableText()
  atBuild?: string | null;
}
