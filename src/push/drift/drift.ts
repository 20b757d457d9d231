import { createHash } from 'node:crypto';
import type { PushLedger, Receipt } from '../ledger.ts';
import {
  type ChangePage,
  type ChangePosition,
  changePage,
  compareChanges,
  LargestChanges,
  ValuesChange,
} from '../plan/largest-changes.ts';
import { mergeById } from '../plan/merge.ts';
import { receiptPages } from '../plan/paging.ts';
import { pushBuild } from '../plan/plan-push.ts';
import { canonicalSelection, UnknownIds } from '../plan/selection.ts';
import { isWhole, type PushSource, withStableBuild } from '../plan/source.ts';
import type { BuiltIteration, MetricsValues, PushBuild, PushSelection } from '../types.ts';
import { areSameValues, hasActivity, noValues, valuesText } from '../values.ts';

/** What AdSuite has for an iteration. */
export interface HeldMetrics {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly version: number;
  readonly values: MetricsValues;
}

/**
 * How AdSuite differs.
 * - LOST: it has nothing of what it accepted
 * - CHANGED: it has different values than it accepted, under no newer version
 * - UNRECEIPTED: it has a version without a receipt: the answer to it was lost, or another service sent it
 * - BEHIND: its values differ from those of the newest build
 */
export const driftKinds = ['LOST', 'CHANGED', 'UNRECEIPTED', 'BEHIND'] as const;

export type DriftKind = (typeof driftKinds)[number];

/** An iteration that differs: what AdSuite has, what it accepted last, and what the newest build has. */
export interface Drift {
  readonly iterationId: string;
  /** At least one. */
  readonly kinds: readonly DriftKind[];
  readonly held: HeldMetrics | null;
  readonly receipt: Receipt | null;
  readonly built: BuiltIteration | null;
}

/** A page of the rows, in the order of their changes: the larger of the differences between AdSuite and the other two. */
export interface DriftReport extends ChangePage<Drift> {
  /** How many iterations were compared. */
  readonly compared: number;
  /** How many iterations differ in each way. One may differ in several. */
  readonly counts: Readonly<Record<DriftKind, number>>;
  /** Equal for equal differences. */
  readonly driftHash: string;
}

export interface DriftPage {
  /** Maximum number of rows. All iterations are counted. */
  readonly first: number;
  /** The last row of the page before; null: the first page. */
  readonly after: ChangePosition | null;
}

/** All three lists are in the numeric order of ids. */
export interface DriftInput extends DriftPage {
  readonly held: AsyncIterable<readonly HeldMetrics[]>;
  readonly receipts: AsyncIterable<readonly Receipt[]>;
  readonly metrics: AsyncIterable<readonly BuiltIteration[]>;
  /** Takes each iteration, from each list that has it. */
  readonly see?: (rows: readonly Pick<HeldMetrics, 'iterationId' | 'strategyId'>[]) => void;
}

/**
 * Reads AdSuite back and compares it with its receipts and the newest build.
 *
 * @param readBack reads what AdSuite has, from the start, in the numeric order of ids.
 * @throws {BuildUnderWay}
 * @throws {BadUserInput} if an id of the selection does not exist, or an iteration is in none of its strategies.
 */
export function pushDrift(
  source: PushSource,
  ledger: Pick<PushLedger, 'receipts'>,
  readBack: () => AsyncIterable<readonly HeldMetrics[]>,
  requested: PushSelection,
  page: DriftPage,
): Promise<DriftReport & { readonly build: PushBuild }> {
  const selection = canonicalSelection(requested);
  return withStableBuild(source, async (build) => {
    const unknown = new UnknownIds(selection);
    const report = await findDrift({
      see: (rows) => unknown.see(rows),
      held: selected(readBack(), selection),
      receipts: receiptPages(ledger, selection),
      metrics: source.metrics(selection, build),
      ...page,
    });
    const error = await unknown.find(source, build, ledger);
    if (!(await isWhole(source, build))) return null;
    if (error) throw error;
    return { ...report, build: pushBuild(build) };
  });
}

/** Compares what AdSuite has with its receipts and with the build. */
export async function findDrift({ held, receipts, metrics, first, after, see }: DriftInput): Promise<DriftReport> {
  const counts: Record<DriftKind, number> = { LOST: 0, CHANGED: 0, UNRECEIPTED: 0, BEHIND: 0 };
  const largest = new LargestChanges<Drift>(first, after);
  const hash = createHash('sha256');
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
      see?.([sides.held, sides.receipt, sides.built].filter((side) => side !== null));
      const kinds = driftKindsOf(sides);
      for (const kind of kinds) counts[kind] += 1;
      if (kinds.length === 0) continue;
      const drift = { iterationId: id, kinds, ...sides };
      hash.update(hashedLine(drift));
      largest.add(drift, driftChange(drift));
    }
  }
  return { compared, counts, driftHash: hash.digest('hex'), ...changePage(largest) };
}

/** The larger of the differences between what AdSuite has and what it accepted, and what the build has. */
export function driftChange({ iterationId, held, receipt, built }: Omit<Drift, 'kinds'>): ChangePosition {
  const [actual, accepted, current] = [held?.values ?? null, receipt?.values ?? null, built?.values ?? null];
  const changes = [new ValuesChange(iterationId, actual, accepted), new ValuesChange(iterationId, actual, current)];
  return changes.sort(compareChanges)[0] as ChangePosition;
}

function hashedLine({ iterationId, kinds, held, receipt, built }: Drift): string {
  const texts = [held, receipt, built].map((side) => (side === null ? null : valuesText(side.values)));
  return `${JSON.stringify([iterationId, kinds, held?.version ?? null, ...texts])}\n`;
}

/** Having zeros for an iteration and having nothing are the same. */
export function driftKindsOf({ held, receipt, built }: Pick<Drift, 'held' | 'receipt' | 'built'>): DriftKind[] {
  const kinds: DriftKind[] = [];
  const [actual, accepted] = [held?.values ?? noValues, receipt?.values ?? noValues];
  const isAsAccepted = areSameValues(actual, accepted);
  if (held === null && hasActivity(accepted)) kinds.push('LOST');
  else if (!isAsAccepted) kinds.push(held && held.version > (receipt?.version ?? 0) ? 'UNRECEIPTED' : 'CHANGED');
  if (!areSameValues(actual, built?.values ?? noValues)) kinds.push('BEHIND');
  return kinds;
}

/** Filters by selection: AdSuite can't filter by strategy. */
export async function* selected(
  pages: AsyncIterable<readonly HeldMetrics[]>,
  { iterationIds, strategyIds }: PushSelection,
): AsyncGenerator<readonly HeldMetrics[], void, undefined> {
  const [iterations, strategies] = [iterationIds && new Set(iterationIds), strategyIds && new Set(strategyIds)];
  for await (const page of pages) {
    yield page.filter((row) => (iterations?.has(row.iterationId) ?? true) && (strategies?.has(row.strategyId) ?? true));
  }
}
