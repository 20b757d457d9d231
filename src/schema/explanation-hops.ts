import { Field, Int, ObjectType } from 'type-graphql';
import { Volatile } from '../http/volatile.ts';
import { describedEnum } from './enums.ts';
import { DateTime, Decimal, Id, Microseconds } from './scalars.ts';

const hopTexts = {
  EVENT: 'The event, with its click id.',
  CLICK: 'The click with that id, its campaign, and the iteration that it may name.',
  CAMPAIGN: 'The AdGem campaign of the click, with its offer.',
  OFFER: 'The offer, with the strategies that have it.',
  STRATEGY: 'The strategy, with its iterations.',
  ITERATIONS: 'The windows of the iterations, and the time of the click.',
} as const;

export type ExplanationHopName = keyof typeof hopTexts;

export const ExplanationHop = describedEnum(
  'ExplanationHop',
  'The steps from a conversion to its iteration, in their order.',
  hopTexts,
);

const outcomeTexts = {
  FOUND: 'The value led to exactly one row, and the row has what the next hop needs.',
  NOT_FOUND:
    'The value is missing, no row has it, or the row lacks what the next hop needs. The attribution ends here.',
  AMBIGUOUS: 'Several rows have the value, so none is chosen. The attribution ends here.',
  NOT_REACHED: 'An earlier hop ended the attribution.',
  NOT_USED: 'The click names its iteration, so this hop does not matter.',
} as const;

export type HopOutcomeName = keyof typeof outcomeTexts;

export const HopOutcome = describedEnum('HopOutcome', 'What a hop led to.', outcomeTexts);

const summary = 'What happened at this hop, in one sentence with the values, for display.';
const suggestion = 'What to do about it, for display; null if nothing has to be done at this hop.';

@ObjectType({ description: 'The first hop: the event.', simpleResolvers: true })
export class ExplainedEvent {
  @Field(() => HopOutcome, { description: 'FOUND, or NOT_FOUND if the event has no click id.' })
  outcome!: HopOutcomeName;

  @Field(() => Id, { description: 'Id of the event.' })
  id!: string;

  @Field(() => Id, { nullable: true, description: 'The click id in the event, which the next hop looks for.' })
  clickId!: string | null;

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

@ObjectType({
  description:
    'What the copies of a click say. A click may be delivered several times. Its time is that of the earliest copy; its campaign, ' +
    'and the iteration that it names, are those of the earliest copy that has one.',
  simpleResolvers: true,
})
export class ClickCopies {
  @Field(() => Boolean, {
    description:
      'True if copies have different campaigns or name different iterations, or if their times differ at all.',
  })
  differ!: boolean;

  @Field(() => DateTime, { nullable: true, description: 'Time of the earliest copy, which counts.' })
  firstAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Time of the latest copy.' })
  lastAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the copy whose campaign counts; null if no copy has a campaign.',
  })
  campaignFromCopyAt!: string | null;

  @Field(() => Id, { nullable: true, description: 'Lowest campaign id of the copies; null if no copy has one.' })
  lowestCampaignId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Highest campaign id of the copies; null if no copy has one.' })
  highestCampaignId!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the copy whose iteration id counts; null if no copy names an iteration.',
  })
  iterationFromCopyAt!: string | null;

  @Field(() => Id, { nullable: true, description: 'Iteration id of that copy. The iteration may not exist.' })
  namedIterationId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Lowest iteration id that a copy names; null if none does.' })
  lowestIterationId!: string | null;

  @Field(() => Id, { nullable: true, description: 'Highest iteration id that a copy names; null if none does.' })
  highestIterationId!: string | null;

  @Field(() => String, { description: 'Whether they differ, and which copy counts, for display.' })
  summary!: string;
}

@ObjectType({ description: 'The second hop: the click with the click id of the event.', simpleResolvers: true })
export class ExplainedClick {
  @Field(() => HopOutcome, { description: 'FOUND, NOT_FOUND or NOT_REACHED.' })
  outcome!: HopOutcomeName;

  @Field(() => Id, { nullable: true, description: 'The click id that was looked for; null if the event has none.' })
  clickId!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the click happened; null if it was not found.' })
  timestamp!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the copy of the click that counts was loaded; null if unknown.',
  })
  loadedAt!: string | null;

  @Field(() => Id, { nullable: true, description: 'Campaign of the click, which the next hop looks for.' })
  campaignId!: string | null;

  @Field(() => Id, {
    nullable: true,
    description:
      'The iteration that the click names, if it exists: it decides, and the method is EXPLICIT. Else null; ' +
      '`copies.namedIterationId` shows an iteration id that does not exist.',
  })
  explicitIterationId!: string | null;

  @Volatile()
  @Field(() => ClickCopies, {
    nullable: true,
    description:
      'What the copies of the click say. Null if no click was found, or if the build being served is not the newest one, which ' +
      'alone has this detail.',
  })
  copies!: ClickCopies | null;

  @Field(() => String, { description: summary })
  summary!: string;

  @Volatile()
  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}

@ObjectType({ description: 'The third hop: the campaign of the click.', simpleResolvers: true })
export class ExplainedCampaign {
  @Field(() => HopOutcome, { description: 'FOUND, NOT_FOUND, NOT_REACHED or NOT_USED.' })
  outcome!: HopOutcomeName;

  @Field(() => Id, { nullable: true, description: 'The campaign id that was looked for; null if the click has none.' })
  campaignId!: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether AdGem lists the campaign; null if it was not looked for.',
  })
  exists!: boolean | null;

  @Field(() => String, { nullable: true, description: 'Name of the campaign in AdGem.' })
  name!: string | null;

  @Field(() => Id, {
    nullable: true,
    description: 'Offer of the campaign (adaction_id), which the next hop looks for.',
  })
  offerId!: string | null;

  @Field(() => String, { description: summary })
  summary!: string;

  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}

@ObjectType({ description: 'A strategy that has the offer.', simpleResolvers: true })
export class OfferStrategy {
  @Field(() => Id, { description: 'Id of the strategy in AdSuite.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Name of the strategy in AdSuite.' })
  name!: string | null;

  @Field(() => Id, { nullable: true, description: 'Its tune_offer_id: the offer.' })
  tuneOfferId!: string | null;
}

@ObjectType({
  description: 'The fourth hop: the strategies that have the offer of the campaign.',
  simpleResolvers: true,
})
export class ExplainedOffer {
  @Field(() => HopOutcome, { description: 'FOUND, NOT_FOUND, AMBIGUOUS, NOT_REACHED or NOT_USED.' })
  outcome!: HopOutcomeName;

  @Field(() => Id, { nullable: true, description: 'The offer id that was looked for.' })
  offerId!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of strategies that have the offer; null if they were not looked for.',
  })
  strategyCount!: number | null;

  @Field(() => [OfferStrategy], { description: 'These strategies, lowest id first; at most 100.' })
  strategies!: OfferStrategy[];

  @Field(() => String, { description: summary })
  summary!: string;

  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}

@ObjectType({
  description: 'The fifth hop: the strategy that has the offer, or that of the iteration that the click names.',
  simpleResolvers: true,
})
export class ExplainedStrategy {
  @Field(() => HopOutcome, {
    description:
      'FOUND, NOT_FOUND, NOT_REACHED, or NOT_USED if the click names an iteration of a strategy that is gone.',
  })
  outcome!: HopOutcomeName;

  @Field(() => Id, { nullable: true, description: 'Id of the strategy, which the next hop looks for.' })
  strategyId!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the strategy in AdSuite.' })
  name!: string | null;

  @Field(() => Id, { nullable: true, description: 'Its tune_offer_id.' })
  tuneOfferId!: string | null;

  @Field(() => Int, { nullable: true, description: 'Number of its iterations; null if they were not looked for.' })
  iterationCount!: number | null;

  @Field(() => String, { description: summary })
  summary!: string;

  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}

@ObjectType({
  description: 'An iteration of the strategy, with its window `createdAt` <= click < `endedAt`.',
  simpleResolvers: true,
})
export class IterationCandidate {
  @Field(() => Id, { description: 'Id of the iteration in AdSuite.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Name in AdSuite; null if it has none.' })
  name!: string | null;

  @Field(() => Int, { description: 'Position within the strategy, starting at 1.' })
  sequence!: number;

  @Field(() => DateTime, { nullable: true, description: 'When the window begins (inclusive).' })
  createdAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the window ends (exclusive); null for the last iteration, whose window the build ends at `asOf`.',
  })
  endedAt!: string | null;

  @Field(() => Microseconds, {
    nullable: true,
    description: 'Time of the click minus `createdAt`, in microseconds. Negative: the click came before the window.',
  })
  sinceStart!: string | null;

  @Field(() => Microseconds, {
    nullable: true,
    description:
      '`endedAt`, or `asOf` for the last iteration, minus the time of the click, in microseconds. Zero or negative: the click ' +
      'came after the window.',
  })
  untilEnd!: string | null;

  @Field(() => Boolean, { description: 'True for the iteration of the conversion.' })
  isWinner!: boolean;
}

@ObjectType({ description: 'A comparison of two values, from which the result follows.', simpleResolvers: true })
export class ExplanationComparison {
  @Field(() => String, { description: 'Name of the first value, for display.' })
  left!: string;

  @Field(() => String, { description: 'The first value. Times compare as text.' })
  leftValue!: string;

  @Field(() => String, { description: '<=, <, >=, = or !=.' })
  operator!: string;

  @Field(() => String, { description: 'Name of the second value, for display.' })
  right!: string;

  @Field(() => String, { description: 'The second value.' })
  rightValue!: string;

  @Field(() => Boolean, { description: 'Whether the comparison is true.' })
  holds!: boolean;
}

@ObjectType({ description: 'The last hop: the windows of the iterations of the strategy.', simpleResolvers: true })
export class ExplainedIterations {
  @Field(() => HopOutcome, { description: 'FOUND, NOT_FOUND or NOT_REACHED.' })
  outcome!: HopOutcomeName;

  @Field(() => DateTime, { nullable: true, description: 'Time of the click, which is compared with the windows.' })
  clickedAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'The build ends the window of the last iteration here.' })
  asOf!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of iterations of the strategy; null if they were not looked for.',
  })
  candidateCount!: number | null;

  @Field(() => [IterationCandidate], {
    description:
      'Iterations of the strategy by time: at most 49 before and 50 after the one that decided. Empty if an earlier hop ended the ' +
      'attribution.',
  })
  candidates!: IterationCandidate[];

  @Field(() => [ExplanationComparison], {
    description: 'The comparisons that decided, with their values. Empty if an earlier hop ended the attribution.',
  })
  comparisons!: ExplanationComparison[];

  @Field(() => String, { description: summary })
  summary!: string;

  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}
