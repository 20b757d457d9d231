import { type Ask, allPages } from '../graphql.ts';

/** Conversions and payout (in ten-thousandths) per iteration; unattributed ones stand under 'none'. */
export class Totals {
  readonly #byIteration = new Map<string, { readonly conversions: number; readonly payout: bigint }>();

  /** Counts conversions of this payout each in; a negative number takes them away. */
  add(iterationId: string | null, conversions: number, payout: string | null): this {
    const before = this.#of(iterationId ?? 'none');
    this.#byIteration.set(iterationId ?? 'none', {
      conversions: before.conversions + conversions,
      payout: before.payout + BigInt(conversions) * tenThousandths(payout ?? '0'),
    });
    return this;
  }

  /** Takes over a sum that stands. */
  set(iterationId: string | null, conversions: number, payout: string): void {
    this.#byIteration.set(iterationId ?? 'none', { conversions, payout: tenThousandths(payout) });
  }

  copy(): Totals {
    const copy = new Totals();
    for (const [key, sums] of this.#byIteration) copy.#byIteration.set(key, sums);
    return copy;
  }

  /** `3 conversions, payout 6.0000` */
  describe(iterationId: string): string {
    const { conversions, payout } = this.#of(iterationId);
    return `${conversions} conversions, payout ${decimal(payout)}`;
  }

  /** What differs, one line for each iteration: nothing where both are the same. */
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

/** Asks for all of them. */
export async function readTotals(ask: Ask): Promise<Totals> {
  type Row = { iterationId: string | null; metrics: { conversions: number; payout: string } };
  const rows = await allPages<Row>(
    ask,
    `query ($after: String) {
      metrics(groupBy: [ITERATION], orderBy: { field: KEY, direction: ASC }, first: 1000, after: $after) {
        nodes { iterationId metrics { conversions payout } } pageInfo { hasNextPage endCursor } } }`,
  );
  const totals = new Totals();
  for (const { iterationId, metrics } of rows) totals.set(iterationId, metrics.conversions, metrics.payout);
  return totals;
}

function tenThousandths(decimal: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,4}))?$/.exec(decimal) ?? [];
  return BigInt(`${sign}${whole}${fraction.padEnd(4, '0')}`);
}

function decimal(tenThousandths: bigint): string {
  const digits = String(tenThousandths < 0n ? -tenThousandths : tenThousandths).padStart(5, '0');
  return `${tenThousandths < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}
