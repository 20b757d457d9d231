import { compareIds } from '../../../src/domain/ids.ts';

/** An iteration in AdSuite. `createdAt` is RFC 3339 in UTC with six fraction digits, so texts compare like instants. */
export interface AdsuiteIteration {
  readonly id: string;
  readonly createdAt: string;
}

export interface Outcome {
  readonly status: string;
  readonly iterationId: string | null;
}

/**
 * The expected attribution of a click on a strategy's offer, by a search through its iterations. It is independent of the
 * SQL of the dbt models.
 *
 * @param asOf the end of the last iteration's window
 */
export function expectedOutcome(clickedAt: string, iterations: readonly AdsuiteIteration[], asOf: string): Outcome {
  const unattributed = (status: string): Outcome => ({ status, iterationId: null });
  const ordered = iterations.toSorted(byStart);
  if (ordered.length === 0) return unattributed('NO_ITERATIONS');
  const live = ordered.findLastIndex(({ createdAt }) => createdAt <= clickedAt);
  if (live === -1) return unattributed('BEFORE_FIRST_ITERATION');
  if (live === ordered.length - 1 && clickedAt >= asOf) return unattributed('CLICK_AFTER_BUILD');
  return { status: 'ATTRIBUTED', iterationId: ordered[live]?.id ?? null };
}

function byStart(a: AdsuiteIteration, b: AdsuiteIteration): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return compareIds(a.id, b.id);
}

/** Conversions and payout per iteration; unattributed conversions have the key 'none'. Payouts are in ten-thousandths. */
export class Totals {
  readonly #byIteration = new Map<string, { readonly conversions: number; readonly payout: bigint }>();

  /** Adds conversions with this payout each; a negative number removes them. */
  add(iterationId: string | null, conversions: number, payout: string | null): this {
    const before = this.#of(iterationId ?? 'none');
    this.#byIteration.set(iterationId ?? 'none', {
      conversions: before.conversions + conversions,
      payout: before.payout + BigInt(conversions) * tenThousandths(payout ?? '0'),
    });
    return this;
  }

  /** Sets the conversions and the sum of their payouts. */
  set(iterationId: string | null, conversions: number, payout: string): void {
    this.#byIteration.set(iterationId ?? 'none', { conversions, payout: tenThousandths(payout) });
  }

  copy(): Totals {
    const copy = new Totals();
    for (const [key, sums] of this.#byIteration) copy.#byIteration.set(key, sums);
    return copy;
  }

  /** For example `3 conversions, payout 6.0000`. */
  describe(iterationId: string): string {
    const { conversions, payout } = this.#of(iterationId);
    return `${conversions} conversions, payout ${decimal(payout)}`;
  }

  /** One line for each iteration that differs. */
  differences(other: Totals): string[] {
    const keys = new Set([...this.#byIteration.keys(), ...other.#byIteration.keys()]);
    return [...keys]
      .filter((key) => this.describe(key) !== other.describe(key))
      .map((key) => `iteration ${key}: ${this.describe(key)}, not ${other.describe(key)}`);
  }

  #of(key: string) {
    return this.#byIteration.get(key) ?? { conversions: 0, payout: 0n };
  }
}

function tenThousandths(decimal: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,4}))?$/.exec(decimal) ?? [];
  return BigInt(`${sign}${whole}${fraction.padEnd(4, '0')}`);
}

function decimal(tenThousandths: bigint): string {
  const digits = String(tenThousandths < 0n ? -tenThousandths : tenThousandths).padStart(5, '0');
  return `${tenThousandths < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}
