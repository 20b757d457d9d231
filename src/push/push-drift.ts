import { type DriftReport, findDrift, type HeldMetrics, selected } from './drift.ts';
import { pushBuild } from './guarded-plan.ts';
import type { PushLedger } from './ledger.ts';
import { canonicalSelection } from './plan.ts';
import { receiptPages } from './receipts.ts';
import type { PushSource } from './source.ts';
import { withSteadyBuild } from './steady.ts';
import type { PushBuild, PushSelection } from './types.ts';

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
  return withSteadyBuild(source, async (build, isSteady) => {
    const report = await findDrift({
      held: selected(readBack(), asked),
      receipts: receiptPages(ledger, asked),
      metrics: source.metrics(asked),
      first,
    });
    return (await isSteady()) ? { ...report, build: pushBuild(build) } : null;
  });
}
