import { finalThrough } from '../domain/freshness.ts';
import type { AttributionExplanation } from '../schema/explanation.ts';
import { clickHop } from './click-hop.ts';
import type { ExplanationFacts } from './facts.ts';
import { campaignHop, eventHop, iterationsHop, offerHop, strategyHop } from './hops.ts';
import { judge, type Verdict } from './verdict.ts';

/** Explains a conversion's attribution from the rows that it follows from. */
export function explain(facts: ExplanationFacts): AttributionExplanation {
  const { conversion, build } = facts;
  const verdict = judge(facts);
  const iterationId = verdict.status === 'ATTRIBUTED' ? (verdict.iteration?.id ?? null) : null;
  const event = eventHop(facts, verdict);
  const click = clickHop(facts, verdict);
  const campaign = campaignHop(facts, verdict);
  const offer = offerHop(facts, verdict);
  const strategy = strategyHop(facts, verdict);
  const iterations = iterationsHop(facts, verdict, timeRule(facts, verdict));
  const summaries = {
    EVENT: event.summary,
    // A click that names its iteration decides, whatever the time.
    CLICK: verdict.method === 'EXPLICIT' ? iterations.summary : click.summary,
    CAMPAIGN: campaign.summary,
    OFFER: offer.summary,
    STRATEGY: strategy.summary,
    ITERATIONS: iterations.summary,
  };
  return {
    conversionId: conversion.id,
    status: verdict.status,
    method: verdict.method,
    iterationId,
    decidedBy: verdict.decidedBy,
    rule: summaries[verdict.decidedBy],
    agreesWithBuild:
      verdict.status === conversion.status &&
      verdict.method === conversion.method &&
      iterationId === conversion.iteration_id,
    event,
    click,
    campaign,
    offer,
    strategy,
    iterations,
    build: build.id,
    asOf: build.asOf,
    mirrorRefreshedAt: build.mirrorRefreshedAt,
    clicksLoadedThrough: build.clicksLoadedThrough,
    ...finalityOf(facts, verdict),
  };
}

/** How the time of the click, or the iteration that it names, decided. */
function timeRule({ conversion, build }: ExplanationFacts, { status, method, iteration }: Verdict): string {
  if (iteration === null) return '';
  const { clicked_at: at } = conversion;
  const { id, strategy_id: strategyId, created_at: createdAt, ended_at: endedAt } = iteration;
  if (method === 'EXPLICIT')
    return `The click names iteration ${id}, which exists, so its campaign and time do not matter.`;
  if (status === 'BEFORE_FIRST_ITERATION') {
    return `The click happened before the first iteration of strategy ${strategyId} (${id}) began: ${at} < ${createdAt}.`;
  }
  if (status === 'CLICK_AFTER_BUILD') {
    return `Iteration ${id} had begun, ${createdAt} <= ${at}, but the click is not before the asOf of the build: ${at} >= ${build.asOf}.`;
  }
  const end = endedAt === null ? `${build.asOf}, the asOf of the build` : endedAt;
  return `Iteration ${id} was live when the click happened: ${createdAt} <= ${at} < ${end}.`;
}

function finalityOf(
  { conversion, build }: ExplanationFacts,
  { status }: Verdict,
): Pick<AttributionExplanation, 'isFinal' | 'finalThrough' | 'finality'> {
  const through = finalThrough(build);
  if (through === null) {
    return {
      isFinal: false,
      finalThrough: null,
      finality: 'Not final: it is unknown how far a source had been loaded.',
    };
  }
  const isFinal = conversion.converted_at < through && status !== 'CLICK_AFTER_BUILD';
  const finality = isFinal
    ? `Final: the conversion is before ${through}. A later build changes it only if something arrives late or is edited.`
    : status === 'CLICK_AFTER_BUILD'
      ? 'Not final: a build whose asOf is after the click attributes it.'
      : `Not final: the conversion is not before ${through}, up to which all sources are complete.`;
  return { isFinal, finalThrough: through, finality };
}
