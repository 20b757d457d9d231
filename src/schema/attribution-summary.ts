import { Field, Int, ObjectType } from 'type-graphql';
import type { AttributionStatusName } from '../db/warehouse/tables.ts';
import { AttributionStatus } from './enums.ts';

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

  @Field(() => [ReasonCount], {
    description:
      'One entry per reason, in the order in which reasons are checked. Includes reasons with 0 conversions.',
  })
  reasons!: ReasonCount[];
}
