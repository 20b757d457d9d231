import type { Receipt } from '../ledger.ts';
import { mergeById } from '../plan/merge.ts';
import type { IterationMetrics, MetricsValues, PushSelection } from '../types.ts';
import { areSameValues, isSomething, noValues } from '../values.ts';

/** What AdSuite says that it holds of an iteration. */
export interface HeldMetrics {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly version: number;
  readonly values: MetricsValues;
}

/**
 * How AdSuite differs.
 * - LOST: it holds nothing of what it once accepted
 * - CHANGED: it holds other values than it accepted, and not by a newer version
 * - UNRECEIPTED: it holds a version that no receipt tells of: sent without an answer, or sent by somebody else
 * - BEHIND: it holds other values than the newest build has
 */
export const driftKinds = ['LOST', 'CHANGED', 'UNRECEIPTED', 'BEHIND'] as const;

export type DriftKind = (typeof driftKinds)[number];

/** One iteration that differs: what AdSuite holds, what it accepted last, and what the newest build has. */
export interface Drift {
  readonly iterationId: string;
  /** At least one. */
  readonly kinds: readonly DriftKind[];
  readonly held: HeldMetrics | null;
  readonly receipt: Receipt | null;
  readonly built: IterationMetrics | null;
}

export interface DriftReport {
  /** How many iterations were looked at. */
  readonly compared: number;
  /** How many differ in each way; one may differ in several. */
  readonly counts: Readonly<Record<DriftKind, number>>;
  /** The first of those that differ, in the order of ids as numbers. */
  readonly rows: readonly Drift[];
}

export interface DriftInput {
  readonly held: AsyncIterable<readonly HeldMetrics[]>;
  readonly receipts: AsyncIterable<readonly Receipt[]>;
  readonly metrics: AsyncIterable<readonly IterationMetrics[]>;
  /** How many of those that differ to list. */
  readonly first: number;
}

/** Compares what AdSuite holds with its receipts and the build. All three come in the order of ids as numbers. */
export async function findDrift({ held, receipts, metrics, first }: DriftInput): Promise<DriftReport> {
  const counts: Record<DriftKind, number> = { LOST: 0, CHANGED: 0, UNRECEIPTED: 0, BEHIND: 0 };
  const rows: Drift[] = [];
  let compared = 0;
  const ofAdsuite = mergeById(
    { name: 'AdSuite', pages: held, idOf: (row) => row.iterationId },
    { name: 'the receipts', pages: receipts, idOf: (row) => row.iterationId },
  );
  const all = mergeById(
    { name: 'AdSuite and the receipts', pages: ofAdsuite, idOf: (pair) => pair.id },
    { name: 'the build', pages: metrics, idOf: (row) => row.iterationId },
  );
  for await (const page of all) {
    for (const { id, left, right } of page) {
      compared += 1;
      const sides = { held: left?.left ?? null, receipt: left?.right ?? null, built: right };
      const kinds = driftKindsOf(sides);
      for (const kind of kinds) counts[kind] += 1;
      if (kinds.length > 0 && rows.length < first) rows.push({ iterationId: id, kinds, ...sides });
    }
  }
  return { compared, counts, rows };
}

/** To hold zeros of an iteration and to hold nothing of it is the same. */
export function driftKindsOf({ held, receipt, built }: Pick<Drift, 'held' | 'receipt' | 'built'>): DriftKind[] {
  const kinds: DriftKind[] = [];
  const [holds, accepted] = [held?.values ?? noValues, receipt?.values ?? noValues];
  const isAsAccepted = areSameValues(holds, accepted);
  if (held === null && isSomething(accepted)) kinds.push('LOST');
  else if (!isAsAccepted) kinds.push(held && held.version > (receipt?.version ?? 0) ? 'UNRECEIPTED' : 'CHANGED');
  if (!areSameValues(holds, built?.values ?? noValues)) kinds.push('BEHIND');
  return kinds;
}

/** Only what a selection is about: AdSuite can't be asked by strategies. */
export async function* selected(
  pages: AsyncIterable<readonly HeldMetrics[]>,
  { iterationIds, strategyIds }: PushSelection,
): AsyncGenerator<readonly HeldMetrics[], void, undefined> {
  const [iterations, strategies] = [iterationIds && new Set(iterationIds), strategyIds && new Set(strategyIds)];
  for await (const page of pages) {
    yield page.filter((row) => (iterations?.has(row.iterationId) ?? true) && (strategies?.has(row.strategyId) ?? true));
  }
}
