import { ArgsType, Field, ObjectType } from 'type-graphql';
import type { AttributionMethodName, AttributionStatusName } from '../db/warehouse/tables.ts';
import { AttributionMethod, AttributionStatus } from './enums.ts';
import { ExplainedCampaign } from './explained-campaign.ts';
import { ExplainedClick } from './explained-click.ts';
import { ExplainedEvent } from './explained-event.ts';
import { ExplainedIterations } from './explained-iterations.ts';
import { ExplainedOffer } from './explained-offer.ts';
import { ExplainedStrategy } from './explained-strategy.ts';
import { ExplanationHop, type ExplanationHopName } from './explanation-hop.ts';
import { DateTime, Id } from './scalars.ts';
import { IsStorableText } from './validation.ts';

@ObjectType({
  description:
    'Why a conversion has its iteration, or none: each hop from the event to the iterations with the value that it looked for and ' +
    'the row that it found. It is a proof: status, method and iteration follow from the values in it.',
  simpleResolvers: true,
})
export class AttributionExplanation {
  @Field(() => Id, { description: 'Id of the event.' })
  conversionId!: string;

  @Field(() => AttributionStatus, { description: 'What follows from the hops: ATTRIBUTED, or the reason why not.' })
  status!: AttributionStatusName;

  @Field(() => AttributionMethod, {
    nullable: true,
    description: 'How the iteration was determined; null without one.',
  })
  method!: AttributionMethodName | null;

  @Field(() => Id, { nullable: true, description: 'Id of the iteration; null if the conversion is unattributed.' })
  iterationId!: string | null;

  @Field(() => ExplanationHop, { description: 'The hop that decided.' })
  decidedBy!: ExplanationHopName;

  @Field(() => String, { description: 'The rule that decided, in one sentence with the values, for display.' })
  rule!: string;

  @Field(() => Boolean, {
    description:
      'Whether status, method and iteration are those of the conversion in the build. Never false unless the service or its ' +
      'tables have a defect.',
  })
  agreesWithBuild!: boolean;

  @Field(() => ExplainedEvent, { description: 'The event.' })
  event!: ExplainedEvent;

  @Field(() => ExplainedClick, { description: 'The click.' })
  click!: ExplainedClick;

  @Field(() => ExplainedCampaign, { description: 'The campaign.' })
  campaign!: ExplainedCampaign;

  @Field(() => ExplainedOffer, { description: 'The offer.' })
  offer!: ExplainedOffer;

  @Field(() => ExplainedStrategy, { description: 'The strategy.' })
  strategy!: ExplainedStrategy;

  @Field(() => ExplainedIterations, { description: 'The iterations.' })
  iterations!: ExplainedIterations;

  @Field(() => Id, { description: 'Id of the build that it rests on.' })
  build!: string;

  @Field(() => DateTime, { nullable: true, description: 'Cut-off time of the build.' })
  asOf!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Start of the mirror refresh of AdSuite that the build used: later changes in AdSuite are not in it.',
  })
  mirrorRefreshedAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Load time of the latest click in the build.' })
  clicksLoadedThrough!: string | null;

  @Field(() => Boolean, {
    description:
      'Whether the conversion is before `finalThrough` and its click, if there is one, before `asOf`: then a later build changes ' +
      'it only if something arrives late or is edited.',
  })
  isFinal!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Conversions before this time are final, see `dataStatus`. Null if unknown.',
  })
  finalThrough!: string | null;

  @Field(() => String, { description: 'Why it is final or not, for display.' })
  finality!: string;
}

@ArgsType()
export class ExplainAttributionArgs {
  @Field(() => Id, { description: 'Id of the event.' })
  @IsStorableText()
  conversionId!: string;
}
