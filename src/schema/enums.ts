import { registerEnumType } from 'type-graphql';
import type { MetricDimension as Dimension } from '../db/warehouse/queries/dimensions.ts';
import type { AttributionMethodName, AttributionStatusName } from '../db/warehouse/tables.ts';

/** Makes a GraphQL enum of names that stand for themselves, each with its description. */
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

/** What each status says to an analyst; also the text beside each reason in `attributionSummary`. */
export const statusTexts = {
  ATTRIBUTED: 'The conversion belongs to an iteration.',
  NO_CLICK_ID: 'The event carries no click id.',
  CLICK_NOT_FOUND: 'No click has the id that the event names (it may still arrive).',
  CAMPAIGN_NOT_FOUND: 'The click names no campaign, or one that AdGem does not list.',
  CAMPAIGN_WITHOUT_OFFER: 'The campaign has no offer (adaction_id is empty).',
  STRATEGY_NOT_FOUND:
    'No strategy has the offer of the campaign, or not yet: a late tune_offer_id is made up for by the next build.',
  SHARED_OFFER: 'More than one strategy has the offer; it is never guessed which.',
  NO_ITERATIONS: 'The strategy has no iteration.',
  BEFORE_FIRST_ITERATION: "The click came before the strategy's first iteration began.",
  CLICK_AFTER_BUILD:
    'The click lies at or after the build, so the open iteration cannot claim it yet; a later build will.',
} as const satisfies Record<AttributionStatusName, string>;

export const AttributionStatus = describedEnum(
  'AttributionStatus',
  'ATTRIBUTED, or the first reason that applies why a conversion has no iteration.',
  statusTexts,
);

export const AttributionMethod = describedEnum(
  'AttributionMethod',
  'How the iteration of an attributed conversion was found.',
  {
    DERIVED: 'By time: the iteration that was live at the moment of the click.',
    EXPLICIT: 'The click itself named the iteration.',
  } satisfies Record<AttributionMethodName, string>,
);

export const MetricDimension = describedEnum('MetricDimension', 'What conversions can be grouped by.', {
  STRATEGY: 'The strategy; none where it is not certain.',
  ITERATION: 'The iteration; none for unattributed conversions.',
  CAMPAIGN: "The click's AdGem campaign; none where no click was found.",
  GOAL: "The goal's id in Tune; none where the event names none.",
  STATUS: 'Attributed, or the reason why not.',
  DAY: 'The UTC day of the conversion.',
  HOUR: 'The UTC hour of the conversion.',
} satisfies Record<Dimension, string>);

export const SortDirection = describedEnum(
  'SortDirection',
  'Which end comes first. Rows without a value come last either way; ties are ordered by id.',
  { ASC: 'Lowest or earliest first.', DESC: 'Highest or latest first.' },
);
