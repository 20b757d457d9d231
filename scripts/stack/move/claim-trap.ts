import type { Ask } from '../graphql.ts';
import type { Checks } from './checks.ts';
import { conversionsById } from './conversions.ts';
import type { Moved } from './move.ts';
import { outcomeOf } from './predict.ts';
import type { Status } from './status.ts';
import { readTotals } from './totals.ts';

/** Attributed without a refresh, the mirror doesn't know the change, and nothing but dataStatus tells. */
export async function claimTrap(ask: Ask, checks: Checks, moved: Moved, status: Status): Promise<void> {
  const { target, made, late, before } = moved;
  const ids = made.conversions.map(({ id }) => id);
  const seen = await conversionsById(ask, ids);
  const expected = before.copy();
  for (const { id, when, payout } of made.conversions) {
    const outcome = { status: 'ATTRIBUTED', iterationId: target.live.id };
    checks.equal(`the click ${when} counts for iteration ${target.live.id}`, outcomeOf(seen.get(id)), outcome);
    expected.add(target.live.id, 1, payout);
  }
  const query = 'query ($id: ID!) { iteration(id: $id) { id } }';
  const { iteration } = await ask<{ iteration: unknown }>(query, { id: made.id });
  checks.equal(`iteration ${made.id} is not known`, iteration, null);
  const isOlder = status.mirrorRefreshedAt !== null && status.mirrorRefreshedAt < made.createdAt;
  checks.equal(`dataStatus tells why: the mirror is older than ${made.createdAt}`, isOlder, true);
  if (late !== null) {
    const waiting = await conversionsById(
      ask,
      late.waiting.map(({ id }) => id),
    );
    const still = [...waiting.values()].filter((conversion) => conversion.status === 'STRATEGY_NOT_FOUND').length;
    checks.equal('the late tune_offer_id is not known either', still, late.waiting.length);
  }
  checks.equal('nothing else has moved', (await readTotals(ask)).differences(expected), []);
}
