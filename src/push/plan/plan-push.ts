import type { GuardLimits } from '../../config/push.ts';
import { BuildNumberFell } from '../errors.ts';
import { buildFindings } from '../guards/build.ts';
import { IterationGuards } from '../guards/iterations.ts';
import { PayoutGuard } from '../guards/payout.ts';
import { namedAsEdited, qualityFindings } from '../guards/quality.ts';
import type { PreviousPush, Receipt, ReceiptRange } from '../ledger.ts';
import type { Clock } from '../ports.ts';
import type { GuardFinding, PlannedRow, PushBuild, PushSelection } from '../types.ts';
import { readAhead, receiptPages } from './paging.ts';
import { changedRows, PlanComparison, type PlanEntry, type PlanSummary } from './plan.ts';
import { canonicalSelection, UnknownIds } from './selection.ts';
import { isWhole, type PushSource, type SourceBuild } from './source.ts';

/** What planning needs besides the ledger. */
export interface PlanningOptions {
  readonly source: PushSource;
  readonly limits: GuardLimits;
  readonly clock: Pick<Clock, 'date'>;
}

/** What planning reads from the ledger, or from a recording in it. */
export interface PlanningLedger {
  receipts(range: ReceiptRange): Promise<Receipt[]>;
  previous(): Promise<PreviousPush | null>;
}

/** A plan with the findings of the guards. */
export interface GuardedPlan extends PlanSummary {
  readonly findings: readonly GuardFinding[];
  /** The push that the build was compared with; null if nothing was sent before. */
  readonly previous: PreviousPush | null;
}

/** A plan that is computed while its rows are read. Read all of `rows`, then call `finish`. */
export interface Planning {
  /** The rows to send, page by page. While a page is processed the next one is read and compared, but none after that. */
  readonly rows: AsyncIterable<readonly PlannedRow[]>;
  /**
   * @returns null if what was read may not be of one build.
   * @throws {BadUserInput} if an id of the selection does not exist, or an iteration is in none of its strategies.
   */
  finish(): Promise<GuardedPlan | null>;
}

/**
 * Plans the push of a build: compares it with the receipts, and lets the guards see every iteration.
 *
 * @throws {BuildNumberFell} if AdSuite would treat every row as stale. Can't be overridden.
 */
export async function planPush(
  { source, limits, clock }: PlanningOptions,
  ledger: PlanningLedger,
  build: SourceBuild,
  requested: PushSelection,
): Promise<Planning> {
  const [selection, now] = [canonicalSelection(requested), clock.date()];
  const previous = await ledger.previous();
  if (previous && !isSameOrLater(build, previous.build)) throw new BuildNumberFell(build, previous.build);
  const quality = await source.quality(build.id);
  const unknown = new UnknownIds(selection);
  const guards = [new PayoutGuard(limits), new IterationGuards(limits, namedAsEdited(quality))];
  const comparison = new PlanComparison({
    buildId: build.id,
    selection,
    metrics: source.metrics(selection, build),
    receipts: receiptPages(ledger, selection),
    movedIterations: (ids) => movedIterations(source, build, selection, ids),
  });
  return {
    rows: changedPages(readAhead(comparison.pages()), [...guards, unknown]),
    finish: async () => {
      const error = await unknown.find(source, build, ledger);
      if (!(await isWhole(source, build))) return null;
      if (error) throw error;
      const findings = [
        ...buildFindings(build, previous, now, limits),
        ...qualityFindings(quality),
        ...guards.flatMap((guard) => guard.findings()),
      ];
      return { ...comparison.summary(), findings, previous };
    },
  };
}

/** What has to see every iteration of a plan. */
interface PlanObserver {
  see(entries: readonly PlanEntry[]): void;
}

async function* changedPages(
  pages: AsyncIterable<readonly PlanEntry[]>,
  observers: readonly PlanObserver[],
): AsyncGenerator<readonly PlannedRow[], void, undefined> {
  for await (const entries of pages) {
    for (const observer of observers) observer.see(entries);
    const rows = changedRows(entries);
    if (rows.length > 0) yield rows;
  }
}

/** The same build is accepted: a push may send what is left of it. */
const isSameOrLater = (now: PushBuild, before: PushBuild): boolean =>
  now.version > before.version || (now.version === before.version && now.id === before.id);

/**
 * Those of the iterations that are in the build with a strategy other than that of their receipts. A selection by strategy
 * finds only their receipts. Without this they would look deleted, and zeros would be sent for live iterations.
 */
async function movedIterations(
  source: PushSource,
  build: SourceBuild,
  { strategyIds }: PushSelection,
  iterationIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (strategyIds === null) return found;
  for await (const page of source.metrics({ iterationIds, strategyIds: null }, build)) {
    for (const { iterationId } of page) found.add(iterationId);
  }
  return found;
}

/** A build as each row of a push names it. */
export const pushBuild = ({ id, version, asOf }: PushBuild): PushBuild => ({ id, version, asOf });
