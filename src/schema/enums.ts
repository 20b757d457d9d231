import { registerEnumType } from 'type-graphql';
import type { MetricDimension as Dimension, SummaryDimensionName } from '../db/warehouse/queries/dimensions.ts';
import type { AttributionMethodName, AttributionStatusName, CampaignProblemName } from '../db/warehouse/tables.ts';
import { attributionCauses } from '../domain/causes.ts';

/** Makes a GraphQL enum whose values are their own names. `texts` maps each name to its description. */
export function describedEnum<Name extends string>(
  name: string,
  description: string,
  texts: Readonly<Record<Name, string>>,
): { readonly [Key in Name]: Key } {
  const entries = Object.entries<string>(texts);
  const values = Object.fromEntries(entries.map(([value]) => [value, value])) as { [Key in Name]: Key };
  const valuesConfig = Object.fromEntries(entries.map(([value, text]) => [value, { description: text }]));
  registerEnumType(values, { name, description, valuesConfig: valuesConfig as Record<Name, { description: string }> });
  return values;
}

/** Descriptions of the statuses, in the schema and in `attributionSummary.reasons`. */
export const statusTexts = {
  ATTRIBUTED: 'The conversion belongs to an iteration.',
  NO_CLICK_ID: 'The event has no click id.',
  CLICK_NOT_FOUND: "No click has the event's click id. The click may still arrive.",
  CAMPAIGN_NOT_FOUND: 'The click has no campaign id, or AdGem does not list the campaign.',
  CAMPAIGN_WITHOUT_OFFER: 'The campaign has no offer (adaction_id is empty).',
  STRATEGY_NOT_FOUND:
    "No strategy has the campaign's offer. If a strategy gets its tune_offer_id later, the next build attributes the conversion.",
  SHARED_OFFER: 'Several strategies share the offer, so the strategy is ambiguous.',
  NO_ITERATIONS: 'The strategy has no iterations.',
  BEFORE_FIRST_ITERATION: "The click happened before the strategy's first iteration began.",
  CLICK_AFTER_BUILD:
    'The click happened at or after the `asOf` of the build. A build whose `asOf` is after the click attributes it: the next one, ' +
    'unless the time of the click is wrong and in the future.',
} as const satisfies Record<AttributionStatusName, string>;

export const AttributionStatus = describedEnum(
  'AttributionStatus',
  'Whether a conversion is attributed, or why not. If several reasons apply, the first one in this order is given.',
  statusTexts,
);

export const CampaignProblem = describedEnum(
  'CampaignProblem',
  "Why no click of a campaign can be attributed by time. The names are those of the conversions' status.",
  {
    CAMPAIGN_WITHOUT_OFFER: statusTexts.CAMPAIGN_WITHOUT_OFFER,
    STRATEGY_NOT_FOUND: "No strategy has the campaign's offer.",
    SHARED_OFFER: statusTexts.SHARED_OFFER,
    NO_ITERATIONS: statusTexts.NO_ITERATIONS,
  } satisfies Record<CampaignProblemName, string>,
);

export const AttributionMethod = describedEnum(
  'AttributionMethod',
  'How the iteration of an attributed conversion was determined.',
  {
    DERIVED: 'By time: the iteration was live when the click happened.',
    EXPLICIT: 'By id: the click names the iteration.',
  } satisfies Record<AttributionMethodName, string>,
);

export const MetricDimension = describedEnum('MetricDimension', 'Dimensions that conversions can be grouped by.', {
  STRATEGY: 'Strategy; null if it is missing or ambiguous.',
  ITERATION: 'Iteration; null for unattributed conversions.',
  CAMPAIGN: 'AdGem campaign of the click; null if no click was found or the click has none.',
  OFFER: "Offer of the click's campaign; null if the rule did not get so far, or the click names its iteration.",
  GOAL: 'Goal in Tune; null if the event has none.',
  STATUS: 'Attributed, or the reason why not; never null.',
  DAY: 'Day of the conversion, in `timeZone`; never null.',
  HOUR: 'Hour of the conversion, in `timeZone`; never null.',
} satisfies Record<Dimension, string>);

export const SummaryDimension = describedEnum(
  'SummaryDimension',
  'Dimensions that the counts of attributed and unattributed conversions can be grouped by.',
  {
    STRATEGY: 'Strategy; null if it is missing or ambiguous.',
    CAMPAIGN: 'AdGem campaign of the click; null if no click was found or the click has none.',
    DAY: 'Day of the conversion, in `timeZone`; never null.',
  } satisfies Record<SummaryDimensionName, string>,
);

export const SortDirection = describedEnum(
  'SortDirection',
  'Sort direction. Nulls come last in both directions. Ties are sorted by id; groups in `metrics`, by their keys.',
  { ASC: 'Lowest or earliest first.', DESC: 'Highest or latest first.' },
);

export const AttributionCause = describedEnum(
  'AttributionCause',
  'Why the attribution of a conversion changed between two builds: the first step of the rule whose result differs.',
  attributionCauses,
);
