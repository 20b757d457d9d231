import { Field, InputType } from 'type-graphql';
import { DateTime } from './scalars.ts';

@InputType('InstantRange', {
  description: 'A half-open span of time: from <= t < to. An end that is left out does not bound.',
})
export class InstantRangeInput {
  @Field(() => DateTime, { nullable: true, description: 'The first instant that counts.' })
  from?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'The first instant that no longer counts.' })
  to?: string | null;
}
