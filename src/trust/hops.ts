import { instantOrNull } from '../domain/instant.ts';
import type { ExplainedCampaign } from '../schema/explained-campaign.ts';
import type { ExplainedEvent } from '../schema/explained-event.ts';
import type { ExplainedIterations } from '../schema/explained-iterations.ts';
import type { ExplainedOffer } from '../schema/explained-offer.ts';
import type { ExplainedStrategy } from '../schema/explained-strategy.ts';
import type { ExplanationHopName, HopOutcomeName } from '../schema/explanation-hop.ts';
import type { ExplanationFacts } from './facts.ts';
import type { Verdict } from './verdict.ts';
import { candidatesOf, comparisonsOf } from './windows.ts';
import { listed, suggestionWith } from './wording.ts';

const order: readonly ExplanationHopName[] = ['EVENT', 'CLICK', 'CAMPAIGN', 'OFFER', 'STRATEGY', 'ITERATIONS'];

const notReached = 'Not reached: an earlier hop ended the attribution.';
const notUsed = 'Not used: the click names its iteration.';

/** What a hop led to. If the click names its iteration, the campaign and the offer do not matter. */
export function outcomeOf(hop: ExplanationHopName, { status, method, decidedBy }: Verdict): HopOutcomeName {
  if (method === 'EXPLICIT') return hop === 'CAMPAIGN' || hop === 'OFFER' ? 'NOT_USED' : 'FOUND';
  const [own, deciding] = [order.indexOf(hop), order.indexOf(decidedBy)];
  if (own > deciding) return 'NOT_REACHED';
  if (own < deciding || status === 'ATTRIBUTED') return 'FOUND';
  return status === 'SHARED_OFFER' ? 'AMBIGUOUS' : 'NOT_FOUND';
}

const skipped = (outcome: HopOutcomeName): string => (outcome === 'NOT_USED' ? notUsed : notReached);

export function eventHop({ conversion, copies }: ExplanationFacts, verdict: Verdict): ExplainedEvent {
  const { id, click_id: clickId } = conversion;
  const conflicts = copies && (copies.conflicting_columns?.split(', ') ?? []);
  return {
    outcome: outcomeOf('EVENT', verdict),
    id,
    clickId,
    goalReferenceId: conversion.goal_reference_id,
    convertedAt: instantOrNull(conversion.converted_at),
    loadedAt: instantOrNull(conversion.loaded_at),
    payout: conversion.payout,
    conflictingColumns: conflicts,
    summary:
      clickId === null ? `Event ${id} has no click id.` : `Event ${id} has the click id ${JSON.stringify(clickId)}.`,
    suggestion:
      clickId === null
        ? 'Send the event again with its click id: the copy that is loaded last counts.'
        : conflicts && conflicts.length > 0
          ? `Copies of the event differ in ${listed(conflicts)}. Send it again with the correct values: the copy that is loaded last counts.`
          : null,
  };
}

export function campaignHop(facts: ExplanationFacts, verdict: Verdict): ExplainedCampaign {
  const outcome = outcomeOf('CAMPAIGN', verdict);
  const { campaign } = facts;
  const { campaign_id: campaignId } = facts.conversion;
  const isRead = outcome === 'FOUND' || outcome === 'NOT_FOUND';
  const [summary, suggestion] = campaignTexts(facts, outcome);
  return {
    outcome,
    campaignId,
    exists: isRead ? campaign !== null : null,
    name: isRead ? (campaign?.name ?? null) : null,
    offerId: isRead ? (campaign?.offer_id ?? null) : null,
    summary,
    suggestion,
  };
}

function campaignTexts(facts: ExplanationFacts, outcome: HopOutcomeName): [summary: string, suggestion: string | null] {
  const { campaign, conversion } = facts;
  const subject = `campaign ${conversion.campaign_id}`;
  if (outcome !== 'FOUND' && outcome !== 'NOT_FOUND') return [skipped(outcome), null];
  if (conversion.campaign_id === null) {
    return ['The click has no campaign id.', 'Have the click sent again with its campaign id.'];
  }
  if (campaign === null) {
    return [
      `AdGem lists no ${subject}.`,
      suggestionWith(facts, `Load ${subject} from AdGem, or correct the clicks.`, subject),
    ];
  }
  if (campaign.offer_id === null) {
    return [
      `Campaign ${campaign.id} has no offer: its adaction_id is empty.`,
      suggestionWith(facts, `Enter the offer of ${subject} in AdGem (adaction_id).`, subject),
    ];
  }
  return [`Campaign ${campaign.id} has the offer ${campaign.offer_id}.`, null];
}

export function offerHop(facts: ExplanationFacts, verdict: Verdict): ExplainedOffer {
  const outcome = outcomeOf('OFFER', verdict);
  const isRead = outcome !== 'NOT_USED' && outcome !== 'NOT_REACHED';
  const offerId = isRead ? (facts.campaign?.offer_id ?? null) : null;
  const strategies = isRead ? (facts.offer?.strategies ?? []) : [];
  const [summary, suggestion] = offerTexts(facts, outcome);
  return {
    outcome,
    offerId,
    strategyCount: isRead ? (facts.offer?.total ?? 0) : null,
    strategies: strategies.map(({ id, name }) => ({ id, name, tuneOfferId: facts.offer?.offerId ?? null })),
    summary,
    suggestion,
  };
}

/** Strategies to show in a sentence. The list has more of them. */
const shownStrategies = 5;

function offerTexts(facts: ExplanationFacts, outcome: HopOutcomeName): [summary: string, suggestion: string | null] {
  const { campaign, offer, withoutOffer } = facts;
  if (outcome === 'NOT_USED' || outcome === 'NOT_REACHED') return [skipped(outcome), null];
  const subject = `offer ${campaign?.offer_id}`;
  if (offer === null) {
    const without =
      withoutOffer === null || withoutOffer.total === 0
        ? 'Every strategy has another tune_offer_id.'
        : withoutOffer.total === 1
          ? `Strategy ${withoutOffer.ids[0]} has no tune_offer_id.`
          : `Strategies ${listed(withoutOffer.ids, withoutOffer.total)} have no tune_offer_id.`;
    return [
      `No strategy has the tune_offer_id ${campaign?.offer_id}.`,
      suggestionWith(facts, `Enter ${subject} in AdSuite at the strategy that it belongs to. ${without}`, subject),
    ];
  }
  const ids = offer.strategies.slice(0, shownStrategies).map(({ id }) => id);
  if (offer.total > 1) {
    const all = `strategies ${listed(ids, offer.total)}`;
    return [
      `${offer.total} strategies have the tune_offer_id ${offer.offerId}: ${listed(ids, offer.total)}.`,
      suggestionWith(facts, `Leave ${subject} to one of ${all} in AdSuite.`, subject),
    ];
  }
  return [`Strategy ${ids[0]} alone has the tune_offer_id ${offer.offerId}.`, null];
}

export function strategyHop(facts: ExplanationFacts, verdict: Verdict): ExplainedStrategy {
  const { conversion, strategy, windows } = facts;
  // An iteration that a click names decides even if its strategy is gone.
  const outcome = verdict.method === 'EXPLICIT' && strategy === null ? 'NOT_USED' : outcomeOf('STRATEGY', verdict);
  const { strategy_id: strategyId } = conversion;
  const isReached = outcome !== 'NOT_REACHED';
  const count = Number(windows[0]?.total ?? 0);
  const [summary, suggestion] = !isReached
    ? [notReached, null]
    : count === 0
      ? [
          `Strategy ${strategyId} has no iterations.`,
          suggestionWith(
            facts,
            `Add an iteration to strategy ${strategyId} in AdSuite that was live when the click happened.`,
            `strategy ${strategyId}`,
          ),
        ]
      : strategy === null
        ? [
            `Strategy ${strategyId} of the named iteration does not exist.`,
            `Restore strategy ${strategyId} in AdSuite, or correct the strategy of the iteration.`,
          ]
        : [`Strategy ${strategyId} has ${count} ${count === 1 ? 'iteration' : 'iterations'}.`, null];
  return {
    outcome,
    strategyId: isReached ? strategyId : null,
    name: isReached ? (strategy?.name ?? null) : null,
    tuneOfferId: isReached ? (strategy?.tune_offer_id ?? null) : null,
    iterationCount: isReached ? count : null,
    summary,
    suggestion,
  };
}

export function iterationsHop(facts: ExplanationFacts, verdict: Verdict, rule: string): ExplainedIterations {
  const outcome = outcomeOf('ITERATIONS', verdict);
  const isReached = outcome !== 'NOT_REACHED';
  const first = verdict.iteration;
  const suggestions: Partial<Record<Verdict['status'], string>> = {
    BEFORE_FIRST_ITERATION: suggestionWith(
      facts,
      `If strategy ${first?.strategy_id} was live earlier, add the missing iteration in AdSuite.`,
      `strategy ${first?.strategy_id}`,
    ),
    CLICK_AFTER_BUILD: lateClick(facts),
  };
  return {
    outcome,
    clickedAt: isReached ? instantOrNull(facts.conversion.clicked_at) : null,
    asOf: facts.build.asOf,
    candidateCount: isReached ? Number(facts.windows[0]?.total ?? 0) : null,
    candidates: isReached ? candidatesOf(facts, verdict) : [],
    comparisons: isReached ? comparisonsOf(facts, verdict) : [],
    summary: isReached ? rule : notReached,
    suggestion: suggestions[verdict.status] ?? null,
  };
}

/** A click that is later than its conversion has a wrong time. No build before that time attributes it. */
function lateClick({ conversion: { clicked_at: clickedAt, converted_at: convertedAt } }: ExplanationFacts): string {
  if (clickedAt === null || clickedAt <= convertedAt) return 'Wait for a build whose asOf is later than the click.';
  return (
    'The click is later than its conversion, so its time is probably wrong. Load a copy of it with the right time; as it is, a build ' +
    'attributes it only when its asOf is later than the click.'
  );
}
