import { describedEnum } from './enums.ts';

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

/** Description of a hop's `summary`. */
export const summary = 'What happened at this hop, in one sentence with the values, for display.';
/** Description of a hop's `suggestion`. */
export const suggestion = 'What to do about it, for display; null if nothing has to be done at this hop.';
