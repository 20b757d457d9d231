import { instantOrNull } from '../domain/instant.ts';
import type { ClickCopies, ExplainedClick } from '../schema/explained-click.ts';
import type { ExplanationFacts } from './facts.ts';
import { outcomeOf } from './hops.ts';
import type { Verdict } from './verdict.ts';

export function clickHop(facts: ExplanationFacts, verdict: Verdict): ExplainedClick {
  const { conversion } = facts;
  const outcome = outcomeOf('CLICK', verdict);
  const copies = clickCopies(facts);
  return {
    outcome,
    clickId: conversion.click_id,
    timestamp: instantOrNull(conversion.clicked_at),
    loadedAt: instantOrNull(conversion.click_loaded_at),
    campaignId: conversion.campaign_id,
    explicitIterationId: conversion.explicit_iteration_id,
    copies,
    summary: summaryOf(facts, verdict),
    suggestion: outcome === 'NOT_REACHED' ? null : suggestionOf(facts, copies),
  };
}

function summaryOf({ conversion }: ExplanationFacts, { status, method }: Verdict): string {
  if (status === 'NO_CLICK_ID') return 'Not reached: the event has no click id.';
  const id = JSON.stringify(conversion.click_id);
  if (status === 'CLICK_NOT_FOUND') return `No click has the id ${id}.`;
  const campaign = conversion.campaign_id === null ? 'no campaign' : `campaign ${conversion.campaign_id}`;
  const named = method === 'EXPLICIT' ? ` and names iteration ${conversion.explicit_iteration_id}` : '';
  return `Click ${id} of ${conversion.clicked_at} has ${campaign}${named}.`;
}

function suggestionOf({ conversion, build }: ExplanationFacts, copies: ClickCopies | null): string | null {
  if (conversion.clicked_at === null) {
    const through =
      build.clicksLoadedThrough === null ? '' : ` The build has clicks loaded through ${build.clicksLoadedThrough}.`;
    return `The click may still arrive; each build looks for it again.${through} If it does not, ask for click ${JSON.stringify(conversion.click_id)} where clicks are sent.`;
  }
  if (copies === null) return null;
  const named = copies.namedIterationId;
  if (named !== null && conversion.explicit_iteration_id === null) {
    return `The click names iteration ${named}, which does not exist. Correct it where clicks are sent.`;
  }
  return isContradiction(copies)
    ? 'Copies of the click contradict each other. Correct this where clicks are sent.'
    : null;
}

const isContradiction = (copies: Omit<ClickCopies, 'summary' | 'differ'>): boolean =>
  copies.lowestCampaignId !== copies.highestCampaignId || copies.lowestIterationId !== copies.highestIterationId;

function clickCopies({ copies, conversion }: ExplanationFacts): ClickCopies | null {
  if (copies === null || copies.clicked_at === null || conversion.clicked_at === null) return null;
  const known = {
    firstAt: instantOrNull(copies.clicked_at),
    lastAt: instantOrNull(copies.last_clicked_at),
    campaignFromCopyAt: instantOrNull(copies.campaign_clicked_at),
    lowestCampaignId: copies.lowest_campaign_id,
    highestCampaignId: copies.highest_campaign_id,
    iterationFromCopyAt: instantOrNull(copies.iteration_clicked_at),
    namedIterationId: copies.explicit_iteration_id,
    lowestIterationId: copies.lowest_iteration_id,
    highestIterationId: copies.highest_iteration_id,
  };
  const differ = isContradiction(known) || known.firstAt !== known.lastAt;
  return { ...known, differ, summary: copiesSummary(known, differ) };
}

function copiesSummary(copies: Omit<ClickCopies, 'summary' | 'differ'>, differ: boolean): string {
  if (!differ) return 'There is one copy, or all copies are alike.';
  const parts = [
    copies.firstAt === copies.lastAt
      ? `All copies have the time ${copies.firstAt}`
      : `Copies have times from ${copies.firstAt}, which counts, to ${copies.lastAt}`,
    copies.lowestCampaignId === copies.highestCampaignId
      ? null
      : `campaigns from ${copies.lowestCampaignId} to ${copies.highestCampaignId}, of which that of the copy of ${copies.campaignFromCopyAt} counts`,
    copies.lowestIterationId === copies.highestIterationId
      ? null
      : `iterations from ${copies.lowestIterationId} to ${copies.highestIterationId}, of which that of the copy of ${copies.iterationFromCopyAt} counts`,
  ];
  return `${parts.filter((part) => part !== null).join('; ')}.`;
}
