import { registerEnumType } from 'type-graphql';
import { metricDimensions } from '../db/warehouse/queries/dimensions.ts';
import { attributionMethods, attributionStatuses } from '../db/warehouse/tables.ts';

/** An enum object whose values are its names, as type-graphql wants it. */
function enumOf<Name extends string>(names: readonly Name[]): { readonly [Key in Name]: Key } {
  return Object.fromEntries(names.map((name) => [name, name])) as { [Key in Name]: Key };
}

function described<Name extends string>(texts: Readonly<Record<Name, string>>): Record<Name, { description: string }> {
  const entries = Object.entries<string>(texts).map(([name, description]) => [name, { description }]);
  return Object.fromEntries(entries) as Record<Name, { description: string }>;
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
} as const;

export const AttributionStatus = enumOf(attributionStatuses);
registerEnumType(AttributionStatus, {
  name: 'AttributionStatus',
  description: 'ATTRIBUTED, or the first reason that applies why a conversion has no iteration.',
  valuesConfig: described(statusTexts),
});

export const AttributionMethod = enumOf(attributionMethods);
registerEnumType(AttributionMethod, {
  name: 'AttributionMethod',
  description: 'How the iteration of an attributed conversion was found.',
  valuesConfig: described({
    DERIVED: 'By time: the iteration that was live at the moment of the click.',
    EXPLICIT: 'The click itself named the iteration.',
  }),
});

export const MetricDimension = enumOf(metricDimensions);
registerEnumType(MetricDimension, {
  name: 'MetricDimension',
  description: 'What conversions can be grouped by.',
  valuesConfig: described({
    STRATEGY: 'The strategy; none where it is not certain.',
    ITERATION: 'The iteration; none for unattributed conversions.',
    CAMPAIGN: "The click's AdGem campaign; none where no click was found.",
    GOAL: "The goal's id in Tune; none where the event names none.",
    STATUS: 'Attributed, or the reason why not.',
    DAY: 'The UTC day of the conversion.',
    HOUR: 'The UTC hour of the conversion.',
  }),
});

export const SortDirection = enumOf(['ASC', 'DESC']);
registerEnumType(SortDirection, {
  name: 'SortDirection',
  description: 'Which end comes first. Rows without a value come last either way; ties are ordered by id.',
  valuesConfig: described({ ASC: 'Lowest or earliest first.', DESC: 'Highest or latest first.' }),
});
