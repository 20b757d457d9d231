import { Field, InputType } from 'type-graphql';
import { DateTime } from './scalars.ts';

@InputType('InstantRange', {
  description: 'Half-open time range: `from` <= t < `to`. An omitted or null bound is unlimited.',
})
export class InstantRangeInput {
  @Field(() => DateTime, { nullable: true, description: 'Inclusive lower bound.' })
  from?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Exclusive upper bound. It must not be before `from`.' })
  to?: string | null;
}
