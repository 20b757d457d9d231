import { IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { ConversionFilter, ConversionOrderField, ConversionRow } from '../db/warehouse/queries/conversions.ts';
import type { AttributionMethodName, AttributionStatusName } from '../db/warehouse/tables.ts';
import { instantOrNull } from '../domain/instant.ts';
import { secondsOrNull } from '../domain/seconds.ts';
import { Click } from './click.ts';
import { AttributionMethod, AttributionStatus } from './enums.ts';
import { ErrorsAsValues } from './getters.ts';
import { Lazy } from './lazy.ts';
import { type OrderInput, orderType } from './order.ts';
import { type Connection, connectionType, PageArgs } from './page.ts';
import { InstantRangeInput, type RangedSource } from './range.ts';
import { atBuildText, DateTime, Decimal, Id, Seconds, TimeZone, timeZoneText } from './scalars.ts';
import { instantOrError, type TimeValue } from './time-fields.ts';
import { filterDescription, IsList, IsRange, IsSourceId, IsStorableText } from './validation.ts';

@ObjectType({
  description: 'A goal complete event, with its click and the iteration that was live when the click happened.',
  simpleResolvers: true,
})
@ErrorsAsValues()
export class Conversion {
  readonly #row: ConversionRow;

  constructor(row: ConversionRow) {
    this.#row = row;
  }

  @Field(() => Id, { description: 'Id of the event in the event stream.' })
  get id(): string {
    return this.#row.id;
  }

  @Field(() => Id, {
    nullable: true,
    description: 'Click id in the event; null if it has none. The click itself may be missing.',
  })
  get clickId(): string | null {
    return this.#row.click_id;
  }

  @Field(() => Id, { nullable: true, description: 'Id of the goal in Tune; null if the event has none.' })
  get goalReferenceId(): string | null {
    return this.#row.goal_reference_id;
  }

  @Field(() => Decimal, {
    nullable: true,
    description: 'What the conversion pays, in the unit of the event stream; null if the event has no payout.',
  })
  get payout(): string | null {
    return this.#row.payout;
  }

  @Field(() => DateTime, { description: 'When the goal was completed: the time of the event.' })
  get convertedAt(): TimeValue {
    return instantOrError(this.#row.converted_at, 'Conversion', this.#row.id, 'converted_at');
  }

  @Field(() => DateTime, { nullable: true, description: 'When the click happened; null if no click was found.' })
  get clickedAt(): string | null {
    return instantOrNull(this.#row.clicked_at);
  }

  @Field(() => DateTime, { description: 'When the event was loaded into the warehouse.' })
  get loadedAt(): TimeValue {
    return instantOrError(this.#row.loaded_at, 'Conversion', this.#row.id, 'loaded_at');
  }

  @Field(() => Id, {
    nullable: true,
    description: 'Id of the AdGem campaign of the click; null if no click was found or the click has none.',
  })
  get campaignId(): string | null {
    return this.#row.campaign_id;
  }

  @Field(() => AttributionStatus, {
    description: 'ATTRIBUTED, or the reason why it is not: the first one that applies.',
  })
  get status(): AttributionStatusName {
    return this.#row.status;
  }

  @Field(() => AttributionMethod, {
    nullable: true,
    description: 'How the iteration was determined; null if the conversion is unattributed.',
  })
  get method(): AttributionMethodName | null {
    return this.#row.method;
  }

  @Field(() => Seconds, {
    nullable: true,
    description:
      'How long after the iteration began the click happened. Negative only if the click names its iteration, which may have ' +
      'begun later. Null if the conversion is unattributed.',
  })
  get secondsIntoIteration(): string | null {
    return secondsOrNull(this.#row.microseconds_into_iteration);
  }

  @Lazy()
  @Field(() => Click, { nullable: true, description: 'The click; null if none was found.' })
  click(): Click | null {
    return toClick(this.#row);
  }

  @Field(() => Id, {
    nullable: true,
    description: 'Id of `strategy`, at no extra cost; null if the strategy is missing or ambiguous.',
  })
  get strategyId(): string | null {
    return this.#row.strategy_id;
  }

  @Field(() => Id, {
    nullable: true,
    description: 'Id of `iteration`, at no extra cost; null if the conversion is unattributed.',
  })
  get iterationId(): string | null {
    return this.#row.iteration_id;
  }
}

/** A conversion as the API shows it. */
export const toConversion = (row: ConversionRow): Conversion => new Conversion(row);

function toClick({
  id,
  click_id: clickId,
  clicked_at: clickedAt,
  campaign_id: campaignId,
}: ConversionRow): Click | null {
  if (clickId === null || clickedAt === null) return null;
  const timestamp = instantOrError(clickedAt, 'Conversion', id, 'click_timestamp');
  return { id: clickId, timestamp, campaignId, conversionId: id };
}

export const ConversionConnection = connectionType(Conversion, 'Conversion', 'conversions');

/** A page of conversions, with the ranges of its filter. */
export type ConversionConnectionSource = Connection<Conversion> & RangedSource;

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
      'In seconds, 0 or more: only attributed conversions whose click happened at most this long after their iteration began. For both ' +
      'sides of a switch use `aroundBoundary`.',
  })
  @IsOptional()
  @Min(0, { message: 'must be 0 seconds or more' })
  @Max(2_147_483_647)
  boundaryWithin?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'In seconds, 0 or more: only attributed conversions whose click happened at most this long before or after a boundary of their ' +
      'iteration: its `createdAt`, or its `endedAt`, which is where the next one of the strategy begins. Finds clicks during a switch ' +
      'of configurations, whose attribution deserves a second look. Only a click that names its iteration can be ' +
      'outside of it. Numbers with this filter change when the next iteration begins. Fails for `changes` ' +
      'and with `atBuild`: the ends of iterations have no history.',
  })
  @IsOptional()
  @Min(0, { message: 'must be 0 seconds or more' })
  @Max(2_147_483_647)
  aroundBoundary?: number | null;
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

  @Field(() => TimeZone, { nullable: true, defaultValue: 'UTC', description: timeZoneText })
  timeZone?: string | null;
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

  @Field(() => TimeZone, { nullable: true, defaultValue: 'UTC', description: timeZoneText })
  timeZone?: string | null;
}

@ArgsType()
export class ConversionsAtArgs extends ConversionsArgs {
  @Field(() => Id, { nullable: true, description: atBuildText })
  @IsOptional()
  @IsStorableText()
  atBuild?: string | null;
}
