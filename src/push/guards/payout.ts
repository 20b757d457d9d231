import { type GuardLimits, guardVariables } from '../../config/push.ts';
import { decimal } from '../../domain/decimal.ts';
import { type MetricsSum, type PlanEntry, sumInto } from '../plan/plan.ts';
import type { GuardFinding } from '../types.ts';

/**
 * Checks the average payout of a conversion, over the iterations that AdSuite has. It hardly changes from build to build,
 * whatever the number of conversions. Payouts in another unit or currency, or counted twice, change it at once.
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
      `The average payout of the iterations that AdSuite has would be ${average(now)}; it is ${average(old)}. The limit is ` +
      `${percent} % more, or less by the same factor (${guardVariables.payoutPercent}).`;
    return [{ guard: 'PAYOUT_JUMPED', message, iterationId: null }];
  }
}

/** Whether neither exceeds the other by more than `percent`. Symmetric: a doubled average counts like a halved one. */
function isWithin(one: bigint, other: bigint, percent: bigint): boolean {
  const hasSameSign = one < 0n === other < 0n;
  const [left, right] = [absolute(one), absolute(other)];
  const [less, more] = left < right ? [left, right] : [right, left];
  return hasSameSign && more * 100n <= (100n + percent) * less;
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

const average = ({ conversions, payout }: MetricsSum): string =>
  `${decimal(payout / BigInt(conversions))} per conversion (${decimal(payout)} for ${conversions})`;
