import { decimal } from '../../domain/decimal.ts';
import { type MetricsSum, type PlanEntry, sumInto } from '../plan/plan.ts';
import type { GuardFinding } from '../types.ts';
import { type GuardLimits, guardVariables } from './build.ts';

/**
 * Looks at what a conversion pays on average, over the iterations that AdSuite knows. It hardly moves from build to build,
 * however many conversions there are; payouts in another unit or currency, or counted twice, move it at once.
 */
export class PayoutGuard {
  readonly #limits: GuardLimits;
  readonly #old = { conversions: 0, payout: 0n };
  readonly #new = { conversions: 0, payout: 0n };

  constructor(limits: GuardLimits) {
    this.#limits = limits;
  }

  see(entries: readonly PlanEntry[]): void {
    for (const { old, new: values } of entries) {
      if (old === null) continue;
      sumInto(this.#old, old);
      sumInto(this.#new, values);
    }
  }

  findings(): GuardFinding[] {
    const [old, now] = [this.#old, this.#new];
    if (old.conversions < this.#limits.comparedFrom || old.conversions === 0 || now.conversions === 0) return [];
    // The averages over a common denominator.
    const [before, after] = [old.payout * BigInt(now.conversions), now.payout * BigInt(old.conversions)];
    const percent = this.#limits.payoutPercent;
    if (isWithin(before, after, BigInt(percent))) return [];
    const message =
      `The iterations that AdSuite knows would pay ${average(now)}, after ${average(old)}. Up to ${percent} % ` +
      `more is accepted, and as much less (${guardVariables.payoutPercent}).`;
    return [{ guard: 'PAYOUT_JUMPED', message, iterationId: null }];
  }
}

/** Neither is more than so many percent beyond the other: what is doubled by mistake weighs as much as what is halved. */
function isWithin(one: bigint, other: bigint, percent: bigint): boolean {
  const hasOneSign = one < 0n === other < 0n;
  const [left, right] = [absolute(one), absolute(other)];
  const [less, more] = left < right ? [left, right] : [right, left];
  return hasOneSign ? more * 100n <= (100n + percent) * less : more === 0n;
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

const average = ({ conversions, payout }: MetricsSum): string =>
  `${decimal(payout / BigInt(conversions))} a conversion (${decimal(payout)} for ${conversions})`;
