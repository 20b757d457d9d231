import type { QualityFinding } from '../../domain/quality.ts';
import { WarehouseUnavailable } from '../../errors.ts';
import { BuildUnderWay } from '../errors.ts';
import type { CountedBuild } from '../ledger.ts';
import type { BuiltIteration, PushSelection } from '../types.ts';

/** A build of the warehouse, as a push needs it. */
export interface SourceBuild extends CountedBuild {
  /** When the mirror of AdSuite's tables was last refreshed; null if unknown. */
  readonly mirrorRefreshedAt: string | null;
}

/** What the data-quality checks found in a build; null if the build has no record of them. */
export type BuildQuality = readonly QualityFinding[] | null;

/** What planning needs from the warehouse. */
export interface PushSource {
  /** The newest build, never cached; null before the first. */
  build(): Promise<SourceBuild | null>;
  /** The quality of a build, which need not be the newest any more. */
  quality(buildId: string): Promise<BuildQuality>;
  /** All iterations of the selection, page by page, in the numeric order of ids. */
  metrics(selection: PushSelection): AsyncIterable<readonly BuiltIteration[]>;
  /** Those of the strategies that exist. */
  strategies(ids: readonly string[]): Promise<readonly string[]>;
  /** The sum of the conversions of all iterations. */
  conversions(): Promise<number>;
}

const attempts = 3;

/**
 * Runs `work` on the newest build, and again on the then newest build if the build changed meanwhile. Work runs many
 * statements, each of which may see a different state of the warehouse: a pipeline replaces one table after the other.
 *
 * @param work calls `isCurrent` after its last read, and returns null if the result is false.
 * @throws {WarehouseUnavailable} before the first build.
 * @throws {BuildUnderWay} if the build changed during every attempt.
 */
export async function withStableBuild<Result extends object>(
  source: PushSource,
  work: (build: SourceBuild) => Promise<Result | null>,
): Promise<Result> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const build = await source.build();
    if (build === null) throw new WarehouseUnavailable('unbuilt');
    const result = await work(build);
    if (result !== null) return result;
  }
  throw new BuildUnderWay();
}

/**
 * Whether a build is still the newest, and the tables have as many conversions as it counted. The count detects tables that
 * an unfinished or failed build has replaced: a build is recorded after its tables.
 */
export async function isCurrent(source: PushSource, build: SourceBuild): Promise<boolean> {
  const [newest, conversions] = await Promise.all([source.build(), source.conversions()]);
  return newest?.id === build.id && conversions === build.attributed;
}
