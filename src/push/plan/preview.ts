import { comparison, refusal } from '../guards/build.ts';
import type { PushLedger } from '../ledger.ts';
import type { PushServiceOptions } from '../record/service.ts';
import type { GuardFinding, PlannedRow, PlanTotals, PushBuild, PushSelection } from '../types.ts';
import { guardedPlan, pushBuild } from './guarded-plan.ts';
import { canonicalSelection, changedRows } from './plan.ts';
import { withStableBuild } from './stable-build.ts';

/** What a push would send now. */
export interface PushPreview {
  readonly build: PushBuild;
  /** Given to a push, it sends exactly this, or nothing. */
  readonly planHash: string;
  readonly totals: PlanTotals;
  readonly findings: readonly GuardFinding[];
  /** Why a push would be refused, and what overrides it, in one text; null: it would be sent. */
  readonly refusal: string | null;
  /** What the guards compared the build with, or that there is nothing. */
  readonly comparedWith: string;
  /** The first of the rows to send. */
  readonly rows: readonly PlannedRow[];
}

/**
 * Plans a push and records nothing.
 *
 * @param rows how many of the rows to show.
 * @throws {BuildUnderWay}
 * @throws {BuildNumberFell}
 */
export function previewPush(
  {
    source,
    ledger,
    limits,
    clock,
  }: Pick<PushServiceOptions, 'source' | 'limits' | 'clock'> & {
    readonly ledger: Pick<PushLedger, 'receipts' | 'previous'>;
  },
  selection: PushSelection,
  rows: number,
): Promise<PushPreview> {
  return withStableBuild(source, async (build, isStable) => {
    const first: PlannedRow[] = [];
    const { planHash, totals, findings, previous } = await guardedPlan({
      source,
      ledger,
      build,
      selection: canonicalSelection(selection),
      limits,
      now: clock.date(),
      onPage: (entries) => {
        if (first.length < rows) first.push(...changedRows(entries).slice(0, rows - first.length));
      },
    });
    if (!(await isStable())) return null;
    return {
      build: pushBuild(build),
      planHash,
      totals,
      findings,
      refusal: refusal(findings),
      comparedWith: comparison(previous, limits),
      rows: first,
    };
  });
}
