import { Field, ObjectType } from 'type-graphql';
import { Volatile } from '../http/volatile.ts';
import { HopOutcome, type HopOutcomeName, suggestion, summary } from './explanation-hop.ts';
import { DateTime, Decimal, Id } from './scalars.ts';

@ObjectType({ description: 'The first hop: the event.', simpleResolvers: true })
export class ExplainedEvent {
  @Field(() => HopOutcome, { description: 'FOUND, or NOT_FOUND if the event has no click id.' })
  outcome!: HopOutcomeName;

  @Field(() => Id, { description: 'Id of the event.' })
  id!: string;

  @Field(() => Id, { nullable: true, description: 'The click id in the event, which the next hop looks for.' })
  clickId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Id of the goal in Tune; null if the event has none.' })
  goalReferenceId!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the event happened.' })
  convertedAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the copy of the event that counts was loaded.' })
  loadedAt!: string | null;

  @Field(() => Decimal, { nullable: true, description: 'What the conversion pays.' })
  payout!: string | null;

  @Volatile()
  @Field(() => [String], {
    nullable: true,
    description:
      'Columns in which copies of the event differ that have no order, because they were loaded at the same time; empty if ' +
      'there are none. Null if the build being served is not the newest one, which alone has this detail.',
  })
  conflictingColumns!: string[] | null;

  @Field(() => String, { description: summary })
  summary!: string;

  @Volatile()
  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}
