import { Field, Int, ObjectType } from 'type-graphql';
import type { AttributionStatusName } from '../db/warehouse/tables.ts';
import { AttributionStatus } from './enums.ts';

@ObjectType({ description: 'How many conversions are unattributed for one reason.', simpleResolvers: true })
export class ReasonCount {
  @Field(() => AttributionStatus, { description: 'The first reason that applied.' })
  status!: AttributionStatusName;

  @Field(() => String, { description: 'The reason in words.' })
  description!: string;

  @Field(() => Int, { description: 'How many conversions.' })
  conversions!: number;
}

@ObjectType({
  description: 'How much is attributed, and why the rest is not: total = attributed + the sum of the reasons, always.',
  simpleResolvers: true,
})
export class AttributionSummary {
  @Field(() => Int, { description: 'All conversions that match.' })
  total!: number;

  @Field(() => Int, { description: 'Those that belong to an iteration.' })
  attributed!: number;

  @Field(() => Int, { description: 'Those that do not.' })
  unattributed!: number;

  @Field(() => [ReasonCount], {
    description: 'Every reason, in the order in which they are tried; 0 where none has it.',
  })
  reasons!: ReasonCount[];
}
