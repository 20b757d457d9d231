import { PlanChanged } from '../errors.ts';
import { comparison, refusalText } from '../guards/build.ts';
import type { GuardFinding, PlannedRow, PlanTotals, PushBuild, PushSelection } from '../types.ts';
import { type ChangePage, type ChangePosition, changePage, LargestChanges, ValuesChange } from './largest-changes.ts';
import { type PlanningLedger, type PlanningOptions, planPush, pushBuild } from './plan-push.ts';
import { withStableBuild } from './source.ts';

/** A page of a plan. */
export interface PlanPage {
  /** Maximum number of rows. */
  readonly first: number;
  /** The last row of the page before, and its plan; null: the first page. */
  readonly after: { readonly planHash: string; readonly position: ChangePosition } | null;
}

/** What a push would send now, with a page of its rows. */
export interface PushPreview extends ChangePage<PlannedRow> {
  readonly build: PushBuild;
  /** Pass it to a push to send exactly this plan, or nothing. */
  readonly planHash: string;
  readonly totals: PlanTotals;
  readonly findings: readonly GuardFinding[];
  /** Why a push would be refused, and how to override it; null if it would be sent. */
  readonly refusal: string | null;
  /** What the guards compared the build with, for display. */
  readonly comparedWith: string;
}

/**
 * Plans a push without recording it. Each page plans again, so memory does not grow with the plan.
 *
 * @throws {PlanChanged} if the page before was of another plan.
 * @throws {BuildUnderWay}
 * @throws {BuildNumberFell}
 */
export function previewPush(
  options: PlanningOptions & { readonly ledger: PlanningLedger },
  selection: PushSelection,
  { first, after }: PlanPage,
): Promise<PushPreview> {
  return withStableBuild(options.source, async (build) => {
    const planning = await planPush(options, options.ledger, build, selection);
    const largest = new LargestChanges<PlannedRow>(first, after?.position);
    for await (const page of planning.rows) {
      for (const row of page) largest.add(row, new ValuesChange(row.iterationId, row.old, row.new));
    }
    const plan = await planning.finish();
    if (plan === null) return null;
    if (after !== null && after.planHash !== plan.planHash)
      throw new PlanChanged(after.planHash, plan.planHash, 'after');
    const { planHash, totals, findings, previous } = plan;
    return {
      build: pushBuild(build),
      planHash,
      totals,
      findings,
      refusal: refusalText(findings),
      comparedWith: comparison(previous, options.limits),
      ...changePage(largest),
    };
  });
}
