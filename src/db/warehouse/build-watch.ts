import type { BuildRow } from './queries/builds.ts';

export interface BuildWatchOptions {
  readonly read: () => Promise<BuildRow | null>;
  /**
   * How long a build counts as the newest without another query; 0 queries for every operation. For as long again, at most
   * `longestGrace`, operations still get it while a query runs: a slow warehouse must not delay each of them.
   */
  readonly maxAgeMilliseconds: number;
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
  /**
   * Called when a query finds a different build than the previous query; not for the first build found by this process.
   */
  readonly onNewBuild?: (build: BuildRow) => void;
  /** Called with the result of each query. */
  readonly onRead?: (build: BuildRow | null) => void;
}

const longestGrace = 30_000;

export interface BuildWatch {
  /** The newest build, as it was at most `maxAgeMilliseconds` and the grace ago. */
  newest(): Promise<BuildRow | null>;
  /** Makes the next call of `newest` query again, because the tables of the known build are gone. */
  forget(): void;
}

/**
 * Finds new builds without a query per operation. It queries on demand, not on a timer, so that an idle Redshift can
 * pause. Concurrent operations share one query. A failure is not cached.
 */
export function watchBuilds({ read, maxAgeMilliseconds, clock, onNewBuild, onRead }: BuildWatchOptions): BuildWatch {
  let known: { readonly build: BuildRow | null; readonly at: number } | null = null;
  let pending: Promise<BuildRow | null> | null = null;

  const query = async (): Promise<BuildRow | null> => {
    // The age counts from before the query: a build that finishes during it is found by the next one.
    const at = clock();
    const build = await read();
    const before = known;
    known = { build, at };
    if (before && build && before.build?.build_id !== build.build_id) onNewBuild?.(build);
    onRead?.(build);
    return build;
  };

  return {
    newest: () => {
      const age = known ? clock() - known.at : Number.POSITIVE_INFINITY;
      if (known && age < maxAgeMilliseconds) return Promise.resolve(known.build);
      pending ??= query().finally(() => {
        pending = null;
      });
      if (!known || age >= maxAgeMilliseconds + Math.min(maxAgeMilliseconds, longestGrace)) return pending;
      // The next operation queries again.
      pending.catch(() => {});
      return Promise.resolve(known.build);
    },
    forget: () => {
      // Only its age: what it was is still compared with the next one.
      if (known) known = { ...known, at: Number.NEGATIVE_INFINITY };
    },
  };
}
