import type { BuildRow } from '../../db/warehouse/queries/builds.ts';
import { WarehouseUnavailable } from '../../errors.ts';
import { BuildUnderWay } from '../errors.ts';
import type { PushSource } from './source.ts';

/** How often work on the newest build is begun anew because the build moved under it. */
const attempts = 3;

/**
 * Does work on the newest build of which all parts are known to be of that build: many statements see many states of the
 * warehouse, and a pipeline replaces one table after the other.
 *
 * @param work asks `isStable` when it has read everything; where the answer is false it drops what it has and gives null,
 * and is begun anew with what is the newest build then.
 * @throws {WarehouseUnavailable} before the first build.
 * @throws {BuildUnderWay} where the build never held still.
 */
export async function withStableBuild<Result extends object>(
  source: PushSource,
  work: (build: BuildRow, isStable: () => Promise<boolean>) => Promise<Result | null>,
): Promise<Result> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const build = await source.build();
    if (build === null) throw new WarehouseUnavailable('unbuilt');
    const result = await work(build, () => isStable(source, build));
    if (result !== null) return result;
  }
  throw new BuildUnderWay();
}

/**
 * Whether a build is still the newest, and the tables add up to what it counted. The second finds tables that were
 * replaced already by a build that has not ended, or has failed: builds are recorded last.
 */
async function isStable(source: PushSource, build: BuildRow): Promise<boolean> {
  const [newest, conversions] = await Promise.all([source.build(), source.conversions()]);
  return newest?.build_id === build.build_id && conversions === Number(build.attributed);
}
