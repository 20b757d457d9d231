import { IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { ConversionFilter, ConversionOrderField, ConversionRow } from '../db/warehouse/queries/conversions.ts';
import type { AttributionMethodName, AttributionStatusName } from '../db/warehouse/tables.ts';
import { AttributionMethod, AttributionStatus } from './enums.ts';
import { type OrderInput, orderType } from './order.ts';
import { connectionType, PageArgs } from './page.ts';
import { InstantRangeInput } from './range.ts';
import { DateTime, Decimal, Id } from './scalars.ts';
import { IsList, IsRange, IsSourceId, IsStorableText } from './validation.ts';

@ObjectType({
  description: 'A goal complete event, with the click that led to it and the iteration that was live at that click.',
  simpleResolvers: true,
})
export class Conversion {
  @Field(() => Id, { description: "The event's id in the event stream." })
  id!: string;

  @Field(() => Id, { nullable: true, description: 'The click that the event names; null if it names none.' })
  clickId!: string | null;

  @Field(() => Id, { nullable: true, description: "The goal's id in Tune." })
  goalReferenceId!: string | null;

  @Field(() => Decimal, { nullable: true, description: 'What the conversion pays; null if the event does not tell.' })
  payout!: string | null;

  @Field(() => DateTime, { description: 'When the goal was completed.' })
  convertedAt!: string;

  @Field(() => DateTime, { nullable: true, description: 'When the click happened; null if no click was found.' })
  clickedAt!: string | null;

  @Field(() => DateTime, { description: 'When the event reached the warehouse.' })
  loadedAt!: string;

  @Field(() => Id, { nullable: true, description: "The click's AdGem campaign; null if no click was found." })
  campaignId!: string | null;

  @Field(() => AttributionStatus, { description: 'ATTRIBUTED, or the first reason that applies why it is not.' })
  status!: AttributionStatusName;

  @Field(() => AttributionMethod, { nullable: true, description: 'How its iteration was found; null if it has none.' })
  method!: AttributionMethodName | null;

  @Field(() => Id, { nullable: true, description: 'The id of `strategy`, without the cost of loading it.' })
  strategyId!: string | null;

  @Field(() => Id, { nullable: true, description: 'The id of `iteration`, without the cost of loading it.' })
  iterationId!: string | null;
}

export const toConversion = (row: ConversionRow): Conversion => ({
  id: row.id,
  clickId: row.click_id,
  goalReferenceId: row.goal_reference_id,
  payout: row.payout,
  convertedAt: row.converted_at,
  clickedAt: row.clicked_at,
  loadedAt: row.loaded_at,
  campaignId: row.campaign_id,
  status: row.status,
  method: row.method,
  strategyId: row.strategy_id,
  iterationId: row.iteration_id,
});

export const ConversionConnection = connectionType(Conversion, 'Conversion', 'conversions');

@InputType('ConversionFilter', {
  description: 'Which conversions: every condition that is given must hold. An empty list matches nothing.',
})
export class ConversionFilterInput implements ConversionFilter {
  @Field(() => [Id], { nullable: true, description: 'Event ids.' })
  @IsOptional()
  @IsList()
  @IsStorableText()
  ids?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of the clicks that the events name.' })
  @IsOptional()
  @IsList()
  @IsStorableText()
  clickIds?: string[] | null;

  @Field(() => [Id], {
    nullable: true,
    description:
      'Ids of strategies. Conversions without an iteration count too where their strategy is certain; add status for attributed ones only.',
  })
  @IsOptional()
  @IsList()
  @IsSourceId()
  strategyIds?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of iterations; implies attributed conversions.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  iterationIds?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of AdGem campaigns.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  campaignIds?: string[] | null;

  @Field(() => [Id], { nullable: true, description: "Goals' ids in Tune." })
  @IsOptional()
  @IsList()
  @IsStorableText()
  goalReferenceIds?: string[] | null;

  @Field(() => [AttributionStatus], {
    nullable: true,
    description: 'Attributed, or unattributed for one of these reasons.',
  })
  @IsOptional()
  @IsList()
  status?: AttributionStatusName[] | null;

  @Field(() => AttributionMethod, { nullable: true, description: 'How the iteration was found.' })
  method?: AttributionMethodName | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'When the goal was completed.' })
  @IsOptional()
  @ValidateNested()
  @IsRange()
  convertedBetween?: InstantRangeInput | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'When the click happened.' })
  @IsOptional()
  @ValidateNested()
  @IsRange()
  clickedBetween?: InstantRangeInput | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Seconds: only conversions whose click came at most so long after their iteration began, while someone may still have been switching systems over. 0 finds the clicks exactly at the boundary.',
  })
  @IsOptional()
  @Min(0, { message: 'must be 0 seconds or more' })
  @Max(2_147_483_647)
  boundaryWithin?: number | null;
}

export const ConversionOrder = orderType<ConversionOrderField>('Conversion', 'conversions', {
  ID: "By the event's id.",
  CONVERTED_AT: 'By the instant of the conversion.',
  CLICKED_AT: 'By the instant of the click.',
  LOADED_AT: 'By the instant at which the event reached the warehouse.',
  PAYOUT: 'By payout.',
});

export const defaultConversionOrder: Order<ConversionOrderField> = { field: 'CONVERTED_AT', direction: 'DESC' };

@ArgsType()
export class ConversionArgs {
  @Field(() => Id, { description: "The event's id in the event stream." })
  @IsStorableText()
  id!: string;
}

@ArgsType()
export class ConversionFilterArgs {
  @Field(() => ConversionFilterInput, { nullable: true, description: 'Which conversions; all if left out.' })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;
}

@ArgsType()
export class ConversionPageArgs extends PageArgs {
  @Field(() => ConversionOrder, {
    nullable: true,
    defaultValue: defaultConversionOrder,
    description: 'In which order; the latest first if left out.',
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<ConversionOrderField> | null;
}

@ArgsType()
export class ConversionsArgs extends ConversionPageArgs {
  @Field(() => ConversionFilterInput, { nullable: true, description: 'Which conversions; all if left out.' })
  @IsOptional()
  @ValidateNested()
  filter?: ConversionFilterInput | null;
}
