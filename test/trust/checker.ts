import type { ProofFragment } from '../generated/operations.ts';

/** Microseconds since 1970, of an instant with six fractional digits. */
const micros = (instant: string) => BigInt(Date.parse(instant)) * 1000n + BigInt(instant.slice(23, 26));

/**
 * Checks an explanation from its values alone, without the warehouse and without the service's code: that each hop looked for
 * what the one before found, and that the result follows.
 *
 * @returns what is wrong; empty if the proof is right.
 */
export function faultsOf({ event, click, campaign, offer, strategy, iterations, ...result }: ProofFragment): string[] {
  const faults: string[] = [];
  const must = (isTrue: boolean, what: string) => void (isTrue || faults.push(what));
  const { candidates, candidateCount, comparisons } = iterations;
  const at = click.timestamp ?? '';

  const conclude = (): readonly [status: string, method?: string, iterationId?: string] => {
    if (event.clickId === null) return ['NO_CLICK_ID'];
    must(click.clickId === event.clickId, 'the click is that of the event');
    if (click.timestamp === null) return ['CLICK_NOT_FOUND'];
    const named = candidates.find(({ id }) => id === click.explicitIterationId);
    if (named) return ['ATTRIBUTED', 'EXPLICIT', named.id];
    must(campaign.campaignId === click.campaignId, 'the campaign is that of the click');
    if (!campaign.exists) return ['CAMPAIGN_NOT_FOUND'];
    if (campaign.offerId === null) return ['CAMPAIGN_WITHOUT_OFFER'];
    must(offer.offerId === campaign.offerId, 'the offer is that of the campaign');
    must(offer.strategies.length === Math.min(offer.strategyCount ?? 0, 100), 'the strategies are complete');
    must(
      offer.strategies.every(({ tuneOfferId }) => tuneOfferId === offer.offerId),
      'the strategies have the offer',
    );
    if (offer.strategyCount !== 1) return [offer.strategyCount === 0 ? 'STRATEGY_NOT_FOUND' : 'SHARED_OFFER'];
    must(strategy.strategyId === offer.strategies[0]?.id, 'the strategy is that of the offer');
    must(strategy.tuneOfferId === offer.offerId, 'the strategy has the offer');
    if (strategy.iterationCount === 0) return ['NO_ITERATIONS'];
    const live = candidates.find(({ createdAt, endedAt }) => (createdAt ?? '') <= at && at < (endedAt ?? '~'));
    must(live !== undefined || candidates[0]?.sequence === 1, 'the first iteration is among the candidates');
    if (!live) return ['BEFORE_FIRST_ITERATION'];
    if (live.endedAt === null && at >= (result.asOf ?? '')) return ['CLICK_AFTER_BUILD'];
    return ['ATTRIBUTED', 'DERIVED', live.id];
  };

  const [status, method = null, iterationId = null] = conclude();
  must(result.status === status && result.method === method && result.iterationId === iterationId, `it is ${status}`);
  must(result.agreesWithBuild, 'it agrees with the build');
  for (const [index, { id, sequence, createdAt, endedAt, ...each }] of candidates.entries()) {
    const next = candidates[index + 1];
    must(
      !next || (next.createdAt === endedAt && next.sequence === sequence + 1),
      `${id} ends when the next one begins`,
    );
    must(next !== undefined || (endedAt === null) === (sequence === candidateCount), `${id} is open if it is the last`);
    must(each.sinceStart === String(micros(at) - micros(createdAt ?? '')), `${id}: sinceStart`);
    must(each.untilEnd === String(micros(endedAt ?? iterations.asOf ?? '') - micros(at)), `${id}: untilEnd`);
    must(each.isWinner === (id === iterationId), `${id}: isWinner`);
  }
  const compare = { '<=': (a: string, b: string) => a <= b, '<': (a: string, b: string) => a < b };
  for (const { leftValue: a, operator, rightValue: b, holds } of comparisons) {
    const isTrue = operator === '=' ? a === b : operator === '>=' ? a >= b : compare[operator as '<' | '<='](a, b);
    must(holds === isTrue && (holds || method === 'EXPLICIT'), `${a} ${operator} ${b}`);
  }
  must(candidates.length === 0 || comparisons.length > 0, 'a comparison decides');
  const decisive =
    candidates.find(({ id }) => id === iterationId) ?? candidates.at(status === 'CLICK_AFTER_BUILD' ? -1 : 0);
  const { sequence = 0 } = decisive ?? {};
  const expected = decisive ? Math.min(candidateCount ?? 0, sequence + 50) - Math.max(1, sequence - 49) + 1 : 0;
  must(candidates.length === expected, 'the candidates around the decisive one are complete');
  return faults;
}
