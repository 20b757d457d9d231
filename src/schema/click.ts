import { Field, ObjectType } from 'type-graphql';
import { DateTime, Id } from './scalars.ts';
import type { TimeValue } from './time-fields.ts';

@ObjectType({
  description:
    'The click that led to a conversion: of several copies, each value is that of the first copy that has it.',
  simpleResolvers: true,
})
export class Click {
  @Field(() => Id, { description: 'Id of the click, as in the event.' })
  id!: string;

  @Field(() => DateTime, { description: 'When the click happened; decides the iteration.' })
  timestamp!: TimeValue;

  @Field(() => Id, { nullable: true, description: 'Id of `campaign`, at no extra cost; null if the click has none.' })
  campaignId!: string | null;

  /** Not in the schema: id of the conversion. */
  conversionId!: string;
}
