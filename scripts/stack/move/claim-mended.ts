import type { Ask } from '../graphql.ts';
import type { Checks } from './checks.ts';
import { conversionsById, readConversions } from './conversions.ts';
import type { LateOffer } from './late-offer.ts';
import type { Moved } from './move.ts';
import { conversionId } from './new-iteration.ts';
import { type Outcome, outcomeOf, predict } from './predict.ts';
import type { Status } from './status.ts';
import { readTotals } from './totals.ts';

/** Refreshed and attributed, every conversion is where its click belongs, and the rest stayed. */
export async function claimMended(ask: Ask, checks: Checks, moved: Moved, status: Status): Promise<void> {
  const { target, made, late, before } = moved;
  const asOf = status.asOf ?? '';
  checks.equal(`the mirror is younger than ${made.createdAt}`, (status.mirrorRefreshedAt ?? '') > made.createdAt, true);
  await claimWindows(ask, checks, moved);

  const expected = before.copy();
  const ids = made.conversions.map(({ id }) => id);
  const seen = await conversionsById(ask, ids);
  for (const { id, when, payout } of made.conversions) {
    const outcome = predict(seen.get(id)?.clickedAt ?? '', [target.live, made], asOf);
    checks.equal(`the click ${when} counts for iteration ${outcome.iterationId}`, outcomeOf(seen.get(id)), outcome);
    expected.add(outcome.iterationId, 1, payout);
  }
  const atBeginning = await readConversions(ask, { iterationIds: [made.id], boundaryWithin: 0 });
  const found = atBeginning.map(({ id }) => id);
  checks.equal('boundaryWithin: 0 finds the one exactly at the beginning', found, [conversionId(made.id, 'at')]);

  if (late !== null) {
    const outcomes = await claimLate(ask, checks, late, asOf);
    for (const { id, payout } of late.waiting) {
      expected.add(null, -1, payout).add(outcomes.get(id)?.iterationId ?? null, 1, payout);
    }
  }
  const totals = await readTotals(ask);
  for (const id of [target.live.id, made.id]) {
    checks.equal(`iteration ${id} now has ${totals.describe(id)}`, totals.describe(id), expected.describe(id));
  }
  checks.equal('nothing else has moved', totals.differences(expected), []);
}

/** One window ends where the next begins, to the microsecond. */
async function claimWindows(ask: Ask, checks: Checks, { target: { live }, made }: Moved): Promise<void> {
  const query = `query ($old: ID!, $new: ID!) {
    old: iteration(id: $old) { sequence createdAt endedAt isCurrent }
    new: iteration(id: $new) { sequence createdAt endedAt isCurrent } }`;
  type Windows = Record<'old' | 'new', { readonly sequence: number } | null>;
  const windows = await ask<Windows>(query, { old: live.id, new: made.id });
  const sequence = windows.old?.sequence ?? 0;
  const old = { sequence, createdAt: live.createdAt, endedAt: made.createdAt, isCurrent: false };
  checks.equal(`iteration ${live.id} ended at ${made.createdAt}`, windows.old, old);
  const current = { sequence: sequence + 1, createdAt: made.createdAt, endedAt: null, isCurrent: true };
  checks.equal(`iteration ${made.id} follows it, begins at that instant and is the current one`, windows.new, current);
}

/** Every conversion that waited for the offer, against a look through the strategy's iterations. */
async function claimLate(ask: Ask, checks: Checks, late: LateOffer, asOf: string): Promise<Map<string, Outcome>> {
  const predicted = new Map(
    late.waiting.map(({ id, clickedAt }) => [id, predict(clickedAt ?? '', late.iterations, asOf)]),
  );
  const answered = await conversionsById(ask, [...predicted.keys()]);
  const seen = new Map([...answered].map(([id, conversion]) => [id, outcomeOf(conversion)]));
  const attributed = [...predicted.values()].filter(({ iterationId }) => iterationId !== null);
  const iterations = new Set(attributed.map(({ iterationId }) => iterationId)).size;
  const others = [...Map.groupBy(predicted.values(), ({ status }) => status)]
    .filter(([status]) => status !== 'ATTRIBUTED')
    .map(([status, outcomes]) => `, ${outcomes.length} ${status}`);
  const what = `of strategy ${late.strategyId}'s ${predicted.size} past conversions ${attributed.length} are attributed`;
  checks.equal(`${what}, to ${iterations} iterations${others.join('')}`, seen, predicted);
  return predicted;
}
