import { decimal, tenThousandths } from './decimal.ts';
import { type GuardLimits, guardVariables } from './guard.ts';
import type { PlanEntry } from './plan.ts';
import type { GuardFinding } from './types.ts';

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
      add(this.#old, old);
      add(this.#new, values);
    }
  }

  findings(): GuardFinding[] {
    const [old, now] = [this.#old, this.#new];
    if (old.conversions < this.#limits.comparedFrom || old.conversions === 0 || now.conversions === 0) return [];
    const [before, after] = [old.payout * BigInt(now.conversions), now.payout * BigInt(old.conversions)];
    const percent = BigInt(this.#limits.payoutPercent);
    if (absolute(after - before) * 100n <= percent * absolute(before)) return [];
    const message =
      `A conversion of the iterations that AdSuite knows would pay ${average(now)} on average, after ${average(old)}; ` +
      `${percent} % more or less are accepted (${guardVariables.payoutPercent}).`;
    return [{ guard: 'PAYOUT_JUMPED', message, iterationId: null }];
  }
}

interface Sum {
  conversions: number;
  payout: bigint;
}

function add(sum: Sum, { conversions, payout }: { readonly conversions: number; readonly payout: string }): void {
  sum.conversions += conversions;
  sum.payout += tenThousandths(payout);
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

const average = ({ conversions, payout }: Sum): string => decimal(payout / BigInt(conversions));
