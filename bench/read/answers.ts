import type { Workload } from './workloads.ts';

/** Answers of all servers in one form, to compare them. Ids and amounts are text, times have six fractional digits. */
export interface Answers {
  readonly A: readonly (StrategyAnswer & { readonly iterations: readonly (IterationAnswer & Totals)[] })[];
  readonly B: readonly (ConversionAnswer & { readonly iteration: IterationAnswer | null })[];
  readonly C:
    | (ConversionAnswer & {
        readonly goalReferenceId: string | null;
        readonly clickedAt: string | null;
        readonly method: string | null;
        readonly strategy: StrategyAnswer | null;
        readonly iteration: IterationAnswer | null;
      })
    | null;
  readonly D: readonly ({ readonly day: string; readonly strategyId: string } & Totals)[];
  readonly E: {
    readonly rows: readonly (ConversionAnswer & { readonly iterationId: string | null })[];
    readonly hasNextPage: boolean;
  };
}

export interface StrategyAnswer {
  readonly id: string;
  readonly name: string | null;
  readonly tuneOfferId: string | null;
  readonly createdAt: string;
}

export interface IterationAnswer {
  readonly id: string;
  readonly name: string | null;
  readonly sequence: string;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

export interface ConversionAnswer {
  readonly id: string;
  readonly clickId: string | null;
  readonly payout: string | null;
  readonly convertedAt: string;
  readonly status: string;
}

export interface Totals {
  readonly conversions: string;
  readonly payout: string;
}

type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

const isTime = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(?:Z|\+00(?::00)?)$/;

/**
 * The form in which answers are compared: every number as text, times with six fractional digits, objects by name. A
 * server may write `2026-01-05T00:00:00Z` or `2026-01-05 00:00:00.000000+00`.
 */
export function normalized(value: unknown): Value {
  if (Array.isArray(value)) return value.map(normalized);
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([name, each]) => [name, normalized(each)]));
  }
  if (typeof value !== 'string') return value as Value;
  const [, date, clock, fraction = ''] = isTime.exec(value) ?? [];
  return date === undefined ? value : `${date}T${clock}.${fraction.padEnd(6, '0')}Z`;
}

/** How many rows an answer has at least; the bench would otherwise compare empty answers. */
export const leastRows: Readonly<Record<Workload, number>> = { A: 20, B: 1000, C: 1, D: 100, E: 100 };

export function rowsOf(answer: Answers[Workload]): number {
  if (answer === null) return 0;
  return 'rows' in answer ? answer.rows.length : Array.isArray(answer) ? answer.length : 1;
}
