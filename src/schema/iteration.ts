import { IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import type { IterationFilter, IterationOrderField, IterationRow } from '../db/warehouse/queries/iterations.ts';
import { instantOrNull } from '../domain/instant.ts';
import { ErrorsAsValues } from './getters.ts';
import { type OrderInput, orderType } from './order.ts';
import { connectionType, PageArgs } from './page.ts';
import { InstantRangeInput } from './range.ts';
import { DateTime, Id } from './scalars.ts';
import { instantOrError, type TimeValue } from './time-fields.ts';
import { filterDescription, IsList, IsRange, IsSourceId, IsStorableText } from './validation.ts';

@ObjectType({
  description:
    'One configuration of a strategy, fixed once created. It is live from `createdAt` (inclusive) to `endedAt` (exclusive).',
  simpleResolvers: true,
})
@ErrorsAsValues()
export class Iteration {
  readonly #row: IterationRow;

  constructor(row: IterationRow) {
    this.#row = row;
  }

  @Field(() => Id, { description: 'Id of the iteration in AdSuite.' })
  get id(): string {
    return this.#row.id;
  }

  @Field(() => String, { nullable: true, description: 'Name in AdSuite; null if it has none.' })
  get name(): string | null {
    return this.#row.name;
  }

  @Field(() => Id, { description: 'Id of the strategy the iteration belongs to.' })
  get strategyId(): string {
    return this.#row.strategy_id;
  }

  @Field(() => Int, { description: 'Position within the strategy, starting at 1.' })
  get sequence(): number {
    return Number(this.#row.sequence);
  }

  @Field(() => DateTime, { description: 'When the iteration began. A click at exactly this instant belongs to it.' })
  get createdAt(): TimeValue {
    return instantOrError(this.#row.created_at, 'Iteration', this.#row.id, 'created_at');
  }

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the next iteration of the strategy began (its `createdAt`); null if there is none. A click at exactly this ' +
      'instant belongs to the next iteration.',
  })
  get endedAt(): string | null {
    return instantOrNull(this.#row.ended_at);
  }

  @Field(() => Boolean, { description: 'True if it is the last iteration of its strategy, so `endedAt` is null.' })
  get isCurrent(): boolean {
    return this.#row.ended_at === null;
  }
}

export const toIteration = (row: IterationRow): Iteration => new Iteration(row);

export const toIterationOrNull = (row: IterationRow | null): Iteration | null => row && toIteration(row);

export const IterationConnection = connectionType(Iteration, 'Iteration', 'iterations');

@InputType('IterationFilter', {
  description: filterDescription('iterations'),
})
export class IterationFilterInput implements IterationFilter {
  @Field(() => [Id], { nullable: true, description: 'Ids of iterations in AdSuite.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  ids?: string[] | null;

  @Field(() => [Id], { nullable: true, description: 'Ids of the strategies the iterations belong to.' })
  @IsOptional()
  @IsList()
  @IsSourceId()
  strategyIds?: string[] | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Only iterations that were live at this instant: `createdAt` <= `activeAt` < `endedAt`.',
  })
  activeAt?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: only the last iteration of each strategy. False: only ended iterations.',
  })
  isCurrent?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Substring of the name, in capital or small letters; at most 200 characters.',
  })
  @IsOptional()
  @IsStorableText()
  @MaxLength(200, { message: 'must have at most 200 characters' })
  nameContains?: string | null;

  @Field(() => InstantRangeInput, { nullable: true, description: 'When the iteration began.' })
  @IsOptional()
  @ValidateNested()
  @IsRange()
  createdBetween?: InstantRangeInput | null;
}

export const IterationOrder = orderType<IterationOrderField>('Iteration', 'iterations', {
  ID: 'Iteration id, as a number.',
  CREATED_AT: 'When the iteration began.',
});

export const defaultStrategyIterationsOrder: Order<IterationOrderField> = { field: 'CREATED_AT', direction: 'ASC' };

export const defaultIterationOrder: Order<IterationOrderField> = { field: 'ID', direction: 'ASC' };

@ArgsType()
export class IterationArgs {
  @Field(() => Id, { description: 'Id of the iteration in AdSuite.' })
  @IsStorableText()
  id!: string;
}

@ArgsType()
export class IterationsArgs extends PageArgs {
  @Field(() => IterationFilterInput, { nullable: true, description: 'Only iterations that match; all if omitted.' })
  @IsOptional()
  @ValidateNested()
  filter?: IterationFilterInput | null;

  @Field(() => IterationOrder, { nullable: true, defaultValue: defaultIterationOrder, description: 'Sort order.' })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<IterationOrderField> | null;
}

@ArgsType()
export class StrategyIterationsArgs extends PageArgs {
  @Field(() => DateTime, {
    nullable: true,
    description: 'Only the iteration that was live at this instant: at most one.',
  })
  activeAt?: string | null;

  @Field(() => IterationOrder, {
    nullable: true,
    defaultValue: defaultStrategyIterationsOrder,
    description: 'Sort order; chronological by default.',
  })
  @IsOptional()
  @ValidateNested()
  orderBy?: OrderInput<IterationOrderField> | null;
}
