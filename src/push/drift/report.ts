import type { PushLedger } from '../ledger.ts';
import { pushBuild } from '../plan/guarded-plan.ts';
import { canonicalSelection } from '../plan/plan.ts';
import { receiptPages } from '../plan/receipts.ts';
import type { PushSource } from '../plan/source.ts';
import { withStableBuild } from '../plan/stable-build.ts';
import type { PushBuild, PushSelection } from '../types.ts';
import { type DriftReport, findDrift, type HeldMetrics, selected } from './drift.ts';

/**
 * Lists where AdSuite differs from its receipts, and from the newest build.
 *
 * @param readBack reads what AdSuite holds, from the start, in the order of ids as numbers.
 * @param first how many iterations to list; all are counted.
 * @throws {BuildUnderWay}
 */
export function pushDrift(
  source: PushSource,
  ledger: Pick<PushLedger, 'receipts'>,
  readBack: () => AsyncIterable<readonly HeldMetrics[]>,
  selection: PushSelection,
  first: number,
): Promise<DriftReport & { readonly build: PushBuild }> {
  const asked = canonicalSelection(selection);
  return withStableBuild(source, async (build, isStable) => {
    const report = await findDrift({
      held: selected(readBack(), asked),
      receipts: receiptPages(ledger, asked),
      metrics: source.metrics(asked),
      first,
    });
    return (await isStable()) ? { ...report, build: pushBuild(build) } : null;
  });
}
