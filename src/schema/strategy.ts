import { IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { StrategyFilter, StrategyOrderField, StrategyRow } from '../db/warehouse/queries/strategies.ts';
import { type OrderInput, orderType } from './order.ts';
import { connectionType, PageArgs } from './page.ts';
import { InstantRangeInput } from './range.ts';
import { DateTime, Id } from './scalars.ts';
import { instantOrError, type TimeValue } from './time-fields.ts';
import { filterDescription, IsList, IsRange, IsSourceId, IsStorableText } from './validation.ts';

@ObjectType({
  description: 'An AdSuite strategy: the plan for one offer. Each change of its configuration starts a new iteration.',
  simpleResolvers: true,
})
export class Strategy {
  @Field(() => Id, { description: 'Id of the strategy in AdSuite.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Name in AdSuite; null if it has none.' })
  name!: string | null;

  @Field(() => Id, {
    nullable: true,
    description:
      'Id of the offer in Tune; null until AdSuite sets it. Once it is set, the next build also attributes past conversions.',
  })
  tuneOfferId!: string | null;

  @Field(() => DateTime, { description: 'When the strategy was created in AdSuite.' })
  createdAt!: TimeValue;
}

export const toStrategy = (row: StrategyRow): Strategy => ({
  id: row.id,
  name: row.name,
  tuneOfferId: row.tune_offer_id,
  createdAt: instantOrError(row.created_at, 'Strategy', row.id, 'created_at'),
});

export const toStrategyOrNull = (row: StrategyRow | null): Strategy | null => row && toStrategy(row);

export const StrategyConnection = connectionType(Strategy, 'Strategy', 'strategies');

@InputType('StrategyFilter', {
  description: filterDescription('strategies'),
})
export class StrategyFilterInput implements StrategyFilter {
  @Field(() => [Id], { nullable: true, description: 'Ids of strategies in AdSuite.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  ids?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of offers in Tune.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  tuneOfferIds?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: only strategies with a tuneOfferId. False: only those without.',
  })
  hasTuneOffer?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Substring of the name, in capital or small letters; at most 200 characters.',
  })
  @IsOptional()
  @IsStorableText()
  @MaxLength(200, { message: 'must have at most 200 characters' })
  nameContains?: string | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'When the strategy was created.' })
  @IsOptional()
  @ValidateNested()
  @IsRange()
  createdBetween?: InstantRangeInput | null;
}

export const StrategyOrder = orderType<StrategyOrderField>('Strategy', 'strategies', {
  ID: 'Strategy id, as a number.',
  NAME: 'Name, in byte order (upper case before lower case).',
  CREATED_AT: 'Creation time.',
});

export const defaultStrategyOrder: Order<StrategyOrderField> = { field: 'ID', direction: 'ASC' };

@ArgsType()
export class StrategyArgs {
  @Field(() => Id, { nullable: true, description: 'Id of the strategy in AdSuite. Pass either this or tuneOfferId.' })
  @IsOptional()
  @IsStorableText()
  id?: string | null;

  @Field(() => Id, { nullable: true, description: 'Id of the offer in Tune. Pass either this or id.' })
  @IsOptional()
  @IsStorableText()
  tuneOfferId?: string | null;
}

@ArgsType()
export class StrategiesArgs extends PageArgs {
  @Field(() => StrategyFilterInput, { nullable: true, description: 'Only strategies that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: StrategyFilterInput | null;

  @Field(() => StrategyOrder, { nullable: true, defaultValue: defaultStrategyOrder, description: 'Sort order.' })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<StrategyOrderField> | null;
}
