import { comparison, refusalText } from '../guards/build.ts';
import type { GuardFinding, PlannedRow, PlanTotals, PushBuild, PushSelection } from '../types.ts';
import { type PlanningLedger, type PlanningOptions, planPush, pushBuild } from './plan-push.ts';
import { withStableBuild } from './source.ts';

/** What a push would send now. */
export interface PushPreview {
  readonly build: PushBuild;
  /** Pass it to a push to send exactly this plan, or nothing. */
  readonly planHash: string;
  readonly totals: PlanTotals;
  readonly findings: readonly GuardFinding[];
  /** Why a push would be refused, and how to override it; null if it would be sent. */
  readonly refusal: string | null;
  /** What the guards compared the build with, for display. */
  readonly comparedWith: string;
  /** The first rows to send. */
  readonly rows: readonly PlannedRow[];
}

/**
 * Plans a push without recording it.
 *
 * @param first maximum number of rows to return.
 * @throws {BuildUnderWay}
 * @throws {BuildNumberFell}
 */
export function previewPush(
  options: PlanningOptions & { readonly ledger: PlanningLedger },
  selection: PushSelection,
  first: number,
): Promise<PushPreview> {
  return withStableBuild(options.source, async (build) => {
    const planning = await planPush(options, options.ledger, build, selection);
    const rows: PlannedRow[] = [];
    for await (const page of planning.rows) rows.push(...page.slice(0, first - rows.length));
    const plan = await planning.finish();
    if (plan === null) return null;
    const { planHash, totals, findings, previous } = plan;
    return {
      build: pushBuild(build),
      planHash,
      totals,
      findings,
      refusal: refusalText(findings),
      comparedWith: comparison(previous, options.limits),
      rows,
    };
  });
}
