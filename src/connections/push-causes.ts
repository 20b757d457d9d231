import type { LedgerLoaders } from '../db/ledger/loaders.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import type { CauseCount } from '../schema/build-diff.ts';
import { causeCountsInOrder } from '../trust/build-diff.ts';
import { isKept } from '../trust/kept-builds.ts';
import { servedBuild } from './builds.ts';

/**
 * Why the conversions of an iteration changed since the build whose values AdSuite accepted last; null if it accepted none, or the
 * history does not go back to that build. Batched with those of the other iterations in the response.
 *
 * @param through number of the build to compare with.
 */
export async function causesSinceReceipt(
  loaders: WarehouseLoaders,
  pushes: LedgerLoaders,
  iterationId: string,
  through: number,
): Promise<CauseCount[] | null> {
  const since = (await pushes.lastPush.load(iterationId))?.receipt?.version;
  // Numbers that have started over can't be compared.
  if (since === undefined || since > through) return null;
  if (!isKept({ build_number: String(since) }, await servedBuild(loaders))) return null;
  return causeCountsInOrder(await loaders.causesOfIteration(String(through), [iterationId, String(since)]));
}
