import type { BuildRow } from './queries/builds.ts';

export interface BuildWatchOptions {
  readonly read: () => Promise<BuildRow | null>;
  /** For how long a build counts as the newest without another look; 0 looks for every operation. */
  readonly maxAgeMilliseconds: number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  /** Told when a look finds another build than the one before; not of the first. */
  readonly onNewBuild?: (build: BuildRow) => void;
}

/** Gives the newest build, at most `maxAgeMilliseconds` old. It never gives a newer one than the data that is read after. */
export type BuildWatch = () => Promise<BuildRow | null>;

/**
 * Watches for new builds without a statement per operation. It looks when it is asked, not by a timer: a Redshift that
 * nobody asks can pause, and costs nothing. Operations that ask at the same time share one look. A look that failed is
 * not kept.
 */
export function watchBuilds({ read, maxAgeMilliseconds, clock, onNewBuild }: BuildWatchOptions): BuildWatch {
  let known: { readonly build: BuildRow | null; readonly at: number } | null = null;
  let looking: Promise<BuildRow | null> | null = null;

  const look = async (): Promise<BuildRow | null> => {
    // The age counts from before the look: what is built while it is under way is found by the next one.
    const at = clock();
    const build = await read();
    const before = known;
    known = { build, at };
    if (before && build && before.build?.build_id !== build.build_id) onNewBuild?.(build);
    return build;
  };

  return () => {
    if (known && clock() - known.at < maxAgeMilliseconds) return Promise.resolve(known.build);
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
}
