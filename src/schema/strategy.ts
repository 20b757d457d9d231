import { IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { StrategyFilter, StrategyOrderField, StrategyRow } from '../db/warehouse/queries/strategies.ts';
import { type OrderInput, orderType } from './order.ts';
import { connectionType, PageArgs } from './page.ts';
import { InstantRangeInput } from './range.ts';
import { DateTime, Id } from './scalars.ts';
import { IsList, IsRange, IsSourceId, IsStorableText } from './validation.ts';

@ObjectType({
  description: "AdSuite's plan for one offer. Its configuration changes over time; each change is an iteration.",
  simpleResolvers: true,
})
export class Strategy {
  @Field(() => Id, { description: "The strategy's id in AdSuite." })
  id!: string;

  @Field(() => String, { nullable: true, description: "The strategy's name in AdSuite." })
  name!: string | null;

  @Field(() => Id, {
    nullable: true,
    description:
      "The offer's id in Tune; null until it is filled in. Then the next build attributes its past conversions.",
  })
  tuneOfferId!: string | null;

  @Field(() => DateTime, { description: 'When the strategy was made in AdSuite.' })
  createdAt!: string;
}

export const toStrategy = (row: StrategyRow): Strategy => ({
  id: row.id,
  name: row.name,
  tuneOfferId: row.tune_offer_id,
  createdAt: row.created_at,
});

export const StrategyConnection = connectionType(Strategy, 'Strategy', 'strategies');

@InputType('StrategyFilter', {
  description: 'Which strategies: every condition that is given must hold. An empty list matches nothing.',
})
export class StrategyFilterInput implements StrategyFilter {
  @Field(() => [Id], { nullable: true, description: 'Ids in AdSuite.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  ids?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Offer ids in Tune.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  tuneOfferIds?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'true: the offer is known. false: it is not filled in yet.' })
  hasTuneOffer?: boolean | null;

  @Field(() => String, { nullable: true, description: 'Part of the name, in any case of letters.' })
  @IsOptional()
  @IsStorableText()
  @MaxLength(200, { message: 'may have 200 characters at most' })
  nameContains?: string | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'When the strategy was made.' })
  @IsOptional()
  @ValidateNested()
  @IsRange()
  createdBetween?: InstantRangeInput | null;
}

export const StrategyOrder = orderType<StrategyOrderField>('Strategy', 'strategies', {
  ID: 'By id.',
  NAME: 'By name, in the byte order of the warehouse.',
  CREATED_AT: 'By the instant of creation.',
});

export const defaultStrategyOrder: Order<StrategyOrderField> = { field: 'ID', direction: 'ASC' };

@ArgsType()
export class StrategyArgs {
  @Field(() => Id, { nullable: true, description: "The strategy's id in AdSuite. Give this or tuneOfferId." })
  @IsOptional()
  @IsStorableText()
  id?: string | null;

  @Field(() => Id, { nullable: true, description: "The offer's id in Tune. Give this or id." })
  @IsOptional()
  @IsStorableText()
  tuneOfferId?: string | null;
}

@ArgsType()
export class StrategiesArgs extends PageArgs {
  @Field(() => StrategyFilterInput, { nullable: true, description: 'Which strategies; all if left out.' })
  @IsOptional()
  @ValidateNested()
  filter?: StrategyFilterInput | null;

  @Field(() => StrategyOrder, { nullable: true, defaultValue: defaultStrategyOrder, description: 'In which order.' })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<StrategyOrderField> | null;
}
