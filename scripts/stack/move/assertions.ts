import type { Ask } from '../graphql.ts';
import { type Changes, conversionId, type LateOffer } from './changes.ts';
import type { Checks } from './checks.ts';
import { expectedOutcome, type Outcome } from './expected.ts';
import {
  type DataStatus,
  outcomeOf,
  readConversions,
  readConversionsById,
  readEditFinding,
  readTotals,
} from './queries.ts';

/** Without a refresh of the mirror, the changes have no effect, and only dataStatus shows it. */
export async function checkStaleMirror(ask: Ask, checks: Checks, changes: Changes, status: DataStatus): Promise<void> {
  const { target, iteration, late, before } = changes;
  const ids = iteration.conversions.map(({ id }) => id);
  const actual = await readConversionsById(ask, ids);
  const expected = before.copy();
  for (const { id, when, payout } of iteration.conversions) {
    const outcome = { status: 'ATTRIBUTED', iterationId: target.live.id };
    checks.equal(`the click ${when} counts for iteration ${target.live.id}`, outcomeOf(actual.get(id)), outcome);
    expected.add(target.live.id, 1, payout);
  }
  const query = 'query ($id: ID!) { iteration(id: $id) { id } }';
  const answer = await ask<{ iteration: unknown }>(query, { id: iteration.id });
  checks.equal(`iteration ${iteration.id} is unknown`, answer.iteration, null);
  const isOlder = status.mirrorRefreshedAt !== null && status.mirrorRefreshedAt < iteration.createdAt;
  checks.equal(`dataStatus shows why: the mirror is older than ${iteration.createdAt}`, isOlder, true);
  if (late !== null) {
    const conversions = await readConversionsById(
      ask,
      late.waiting.map(({ id }) => id),
    );
    const waiting = [...conversions.values()].filter(({ status }) => status === 'STRATEGY_NOT_FOUND').length;
    checks.equal('the late tune_offer_id is unknown too', waiting, late.waiting.length);
  }
  checks.equal('no other totals have changed', (await readTotals(ask)).differences(expected), []);
}

/** After a refresh, every conversion counts for the iteration of its click, and all other totals are unchanged. */
export async function checkRefreshed(ask: Ask, checks: Checks, changes: Changes, status: DataStatus): Promise<void> {
  const { target, iteration, late, before } = changes;
  const { createdAt } = iteration;
  const asOf = status.asOf ?? '';
  checks.equal(`the mirror is younger than ${createdAt}`, (status.mirrorRefreshedAt ?? '') > createdAt, true);
  await checkWindows(ask, checks, changes);

  const expected = before.copy();
  const ids = iteration.conversions.map(({ id }) => id);
  const actual = await readConversionsById(ask, ids);
  for (const { id, when, payout } of iteration.conversions) {
    const outcome = expectedOutcome(actual.get(id)?.clickedAt ?? '', [target.live, iteration], asOf);
    checks.equal(`the click ${when} counts for iteration ${outcome.iterationId}`, outcomeOf(actual.get(id)), outcome);
    expected.add(outcome.iterationId, 1, payout);
  }
  const atBeginning = await readConversions(ask, { iterationIds: [iteration.id], boundaryWithin: 0 });
  const found = atBeginning.map(({ id }) => id);
  checks.equal('boundaryWithin: 0 finds the click exactly at the beginning', found, [conversionId(iteration.id, 'at')]);

  if (late !== null) {
    const outcomes = await checkLateOffer(ask, checks, late, asOf);
    for (const { id, payout } of late.waiting) {
      expected.add(null, -1, payout).add(outcomes.get(id)?.iterationId ?? null, 1, payout);
    }
  }
  const totals = await readTotals(ask);
  for (const id of [target.live.id, iteration.id]) {
    checks.equal(`iteration ${id} now has ${totals.describe(id)}`, totals.describe(id), expected.describe(id));
  }
  checks.equal('no other totals have changed', totals.differences(expected), []);
}

/** The old iteration's window ends exactly where the new one's begins. */
async function checkWindows(ask: Ask, checks: Checks, { target: { live }, iteration }: Changes): Promise<void> {
  const query = `query ($old: ID!, $new: ID!) {
    old: iteration(id: $old) { sequence createdAt endedAt isCurrent }
    new: iteration(id: $new) { sequence createdAt endedAt isCurrent } }`;
  type Windows = Record<'old' | 'new', { readonly sequence: number } | null>;
  const windows = await ask<Windows>(query, { old: live.id, new: iteration.id });
  const sequence = windows.old?.sequence ?? 0;
  const { createdAt } = iteration;
  const old = { sequence, createdAt: live.createdAt, endedAt: createdAt, isCurrent: false };
  checks.equal(`iteration ${live.id} ended at ${createdAt}`, windows.old, old);
  const current = { sequence: sequence + 1, createdAt, endedAt: null, isCurrent: true };
  checks.equal(`iteration ${iteration.id} follows it, begins at that instant and is current`, windows.new, current);
}

/** Every conversion that waited for the offer is attributed as expected. */
async function checkLateOffer(ask: Ask, checks: Checks, late: LateOffer, asOf: string): Promise<Map<string, Outcome>> {
  const expected = new Map(
    late.waiting.map(({ id, clickedAt }) => [id, expectedOutcome(clickedAt ?? '', late.iterations, asOf)]),
  );
  const conversions = await readConversionsById(ask, [...expected.keys()]);
  const actual = new Map([...conversions].map(([id, conversion]) => [id, outcomeOf(conversion)]));
  const attributed = [...expected.values()].filter(({ iterationId }) => iterationId !== null);
  const iterations = new Set(attributed.map(({ iterationId }) => iterationId)).size;
  const others = [...Map.groupBy(expected.values(), ({ status }) => status)]
    .filter(([status]) => status !== 'ATTRIBUTED')
    .map(([status, outcomes]) => `, ${outcomes.length} ${status}`);
  const what = `of strategy ${late.strategyId}'s ${expected.size} past conversions ${attributed.length} are attributed`;
  checks.equal(`${what}, to ${iterations} iterations${others.join('')}`, actual, expected);
  return expected;
}

/** After an edit of created_at, a conversion has moved, a data-quality finding says why, and pushes are refused. */
export async function checkEditDetected(ask: Ask, checks: Checks, changes: Changes, editedTo: string): Promise<void> {
  const { target, iteration } = changes;
  const id = conversionId(iteration.id, 'at');
  const actual = (await readConversionsById(ask, [id])).get(id)?.iterationId;
  checks.equal(`the click at its old beginning has moved to iteration ${target.live.id}`, actual, target.live.id);
  const detail = `${iteration.createdAt} -> ${editedTo}`;
  checks.equal(`dataQuality shows why: ${detail}`, await readEditFinding(ask, iteration.id), detail);
  const { plan } = await ask<{ plan: { findings: { guard: string }[] } }>(
    '{ plan: planMetricsPush(input: {}, first: 0) { findings { guard } } }',
  );
  const guards = plan.findings.map(({ guard }) => guard);
  checks.equal('a push of this build would be refused by DATA_QUALITY', guards.includes('DATA_QUALITY'), true);
}

export async function checkEditReverted(ask: Ask, checks: Checks, { iteration }: Changes): Promise<void> {
  const id = conversionId(iteration.id, 'at');
  const actual = (await readConversionsById(ask, [id])).get(id)?.iterationId;
  checks.equal(`after the revert, the click counts for iteration ${iteration.id} again`, actual, iteration.id);
  checks.equal('dataQuality no longer names the iteration', await readEditFinding(ask, iteration.id), null);
}
