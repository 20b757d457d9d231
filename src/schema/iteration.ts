import { IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { IterationFilter, IterationOrderField, IterationRow } from '../db/warehouse/queries/iterations.ts';
import { type OrderInput, orderType } from './order.ts';
import { connectionType, PageArgs } from './page.ts';
import { InstantRangeInput } from './range.ts';
import { DateTime, Id } from './scalars.ts';
import { IsList, IsRange, IsSourceId, IsStorableText } from './validation.ts';

@ObjectType({
  description:
    'One sealed configuration of a strategy. It is live from createdAt until the next iteration of the strategy begins.',
  simpleResolvers: true,
})
export class Iteration {
  @Field(() => Id, { description: "The iteration's id in AdSuite." })
  id!: string;

  @Field(() => String, { nullable: true, description: "The iteration's name in AdSuite." })
  name!: string | null;

  @Field(() => Id, { description: 'The id of the strategy that it belongs to.' })
  strategyId!: string;

  @Field(() => Int, { description: 'Its place in the strategy: 1 is the first iteration.' })
  sequence!: number;

  @Field(() => DateTime, { description: 'When it began. A click at exactly this instant is its own.' })
  createdAt!: string;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the next iteration began, to the microsecond: its createdAt. A click at exactly this instant belongs to the next. Null while this one is current.',
  })
  endedAt!: string | null;

  @Field(() => Boolean, { description: 'Whether it is the last iteration of its strategy (endedAt is null).' })
  isCurrent!: boolean;
}

export const toIteration = (row: IterationRow): Iteration => ({
  id: row.id,
  name: row.name,
  strategyId: row.strategy_id,
  sequence: Number(row.sequence),
  createdAt: row.created_at,
  endedAt: row.ended_at,
  isCurrent: row.ended_at === null,
});

export const IterationConnection = connectionType(Iteration, 'Iteration', 'iterations');

@InputType('IterationFilter', {
  description: 'Which iterations: every condition that is given must hold. An empty list matches nothing.',
})
export class IterationFilterInput implements IterationFilter {
  @Field(() => [Id], { nullable: true, description: 'Ids in AdSuite.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  ids?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of the strategies that they belong to.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  strategyIds?: string[] | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Only iterations that were live at this instant: createdAt <= activeAt < endedAt.',
  })
  activeAt?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: only the last iteration of each strategy. false: only ended ones.',
  })
  isCurrent?: boolean | null;

  @Field(() => String, { nullable: true, description: 'Part of the name, in any case of letters.' })
  @IsOptional()
  @IsStorableText()
  @MaxLength(200, { message: 'may have 200 characters at most' })
  nameContains?: string | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'When the iteration began.' })
  @IsOptional()
  @ValidateNested()
  @IsRange()
  createdBetween?: InstantRangeInput | null;
}

export const IterationOrder = orderType<IterationOrderField>('Iteration', 'iterations', {
  ID: 'By id.',
  CREATED_AT: 'By the instant of their beginning.',
});

export const iterationsInSequence: Order<IterationOrderField> = { field: 'CREATED_AT', direction: 'ASC' };

export const defaultIterationOrder: Order<IterationOrderField> = { field: 'ID', direction: 'ASC' };

@ArgsType()
export class IterationArgs {
  @Field(() => Id, { description: "The iteration's id in AdSuite." })
  @IsStorableText()
  id!: string;
}

@ArgsType()
export class IterationsArgs extends PageArgs {
  @Field(() => IterationFilterInput, { nullable: true, description: 'Which iterations; all if left out.' })
  @IsOptional()
  @ValidateNested()
  filter?: IterationFilterInput | null;

  @Field(() => IterationOrder, { nullable: true, defaultValue: defaultIterationOrder, description: 'In which order.' })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<IterationOrderField> | null;
}

@ArgsType()
export class StrategyIterationsArgs extends PageArgs {
  @Field(() => DateTime, {
    nullable: true,
    description: 'Only the iteration that was live at this instant (none, or one).',
  })
  activeAt?: string | null;

  @Field(() => IterationOrder, {
    nullable: true,
    defaultValue: iterationsInSequence,
    description: 'In which order; as they followed each other if left out.',
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<IterationOrderField> | null;
}
