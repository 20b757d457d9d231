import type { QualityFinding } from '../../domain/quality.ts';
import { BuildReplaced, WarehouseUnavailable } from '../../errors.ts';
import { BuildUnderWay } from '../errors.ts';
import type { CountedBuild } from '../ledger.ts';
import type { BuiltIteration, PushSelection } from '../types.ts';

/** A build of the warehouse, as a push needs it. */
export interface SourceBuild extends CountedBuild {
  /** When the mirror of AdSuite's tables was last refreshed; null if unknown. */
  readonly mirrorRefreshedAt: string | null;
  /** Identifies its tables, which never change; null: it has tables that a build under way replaces one by one. */
  readonly tables: string | null;
}

/** What the data-quality checks found in a build; null if the build has no record of them. */
export type BuildQuality = readonly QualityFinding[] | null;

/** What planning needs from the warehouse. */
export interface PushSource {
  /** The newest build, never cached; null before the first. */
  build(): Promise<SourceBuild | null>;
  /** The quality of a build, which need not be the newest any more. */
  quality(buildId: string): Promise<BuildQuality>;
  /** All iterations of the selection in a build, page by page, in the numeric order of ids. */
  metrics(selection: PushSelection, build: SourceBuild): AsyncIterable<readonly BuiltIteration[]>;
  /** Those of the strategies that exist in a build. */
  strategies(ids: readonly string[], build: SourceBuild): Promise<readonly string[]>;
  /** The sum of the conversions of all iterations, in the tables that builds replace. */
  conversions(): Promise<number>;
  /** The same source for one request: once the signal is aborted, reads fail with its reason. */
  within(signal: AbortSignal): PushSource;
}

const attempts = 3;

/**
 * Runs `work` on the newest build, and again on the then newest build if it could not read one build as a whole: a build
 * without tables of its own changed meanwhile, or those of its build were dropped.
 *
 * @param work calls `isWhole` after its last read, and returns null if the result is false.
 * @throws {WarehouseUnavailable} before the first build.
 * @throws {BuildUnderWay} if the build changed during every attempt.
 * @throws {BuildReplaced} if the tables were dropped during the last attempt.
 */
export async function withStableBuild<Result extends object>(
  source: PushSource,
  work: (build: SourceBuild) => Promise<Result | null>,
): Promise<Result> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const build = await source.build();
    if (build === null) throw new WarehouseUnavailable('unbuilt');
    try {
      const result = await work(build);
      if (result !== null) return result;
    } catch (error) {
      if (!(error instanceof BuildReplaced) || attempt === attempts - 1) throw error;
    }
  }
  throw new BuildUnderWay();
}

/**
 * Whether everything that was read is of one build. That is certain of a build with tables of its own. Otherwise it must
 * still be the newest, and the tables must have as many conversions as it counted: the count detects tables that an
 * unfinished or failed build has replaced, because a build is recorded after its tables.
 */
export async function isWhole(source: PushSource, build: SourceBuild): Promise<boolean> {
  if (build.tables !== null) return true;
  const [newest, conversions] = await Promise.all([source.build(), source.conversions()]);
  return newest?.id === build.id && conversions === build.attributed;
}
