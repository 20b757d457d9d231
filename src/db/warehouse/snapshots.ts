import type { SnapshotOutcome, SnapshotSource, SnapshotState } from '../observation.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { Unsuitable } from '../snapshot/unsuitable.ts';
import type { Warehouse } from './connect.ts';
import { type BuildRow, isOfThisRelease, tablesOf } from './queries/builds.ts';
import { readSnapshot } from './read-snapshot.ts';

/** How the fill of a snapshot ended. */
export type SnapshotFill = { readonly build: string; readonly milliseconds: number } & (
  | {
      /** PARTIAL: without the daily tables. */
      readonly outcome: 'COMPLETE' | 'PARTIAL';
      readonly bytes: number;
      readonly rows: number;
      /** Of a partial one. */
      readonly reason: string | null;
    }
  /** Too large, or its tables hold values that only the warehouse can compare: not tried again. */
  | { readonly outcome: 'REFUSED'; readonly reason: string }
  /** It is tried again. */
  | { readonly outcome: 'FAILED'; readonly error: unknown; readonly retrySeconds: number }
  /** A newer build was found before the end. */
  | { readonly outcome: 'SUPERSEDED'; readonly by: string }
);

export interface SnapshotsOptions {
  readonly warehouse: Warehouse;
  /** Bound of a snapshot. */
  readonly maxBytes: number;
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
  readonly onFill?: (fill: SnapshotFill) => void;
}

/** The snapshot of the newest build, which is filled in the background. */
export interface Snapshots {
  /** The snapshot of exactly this build; null: there is none, or not yet. */
  of(build: BuildRow): Snapshot | null;
  /**
   * A query has found the newest build. Begins to fill its snapshot, unless that is done, under way or was refused. The fill of an
   * older build ends before its next step.
   */
  noticed(build: BuildRow | null): void;
  /** Counts an answer by what gave it. */
  counted(source: SnapshotSource): void;
  /** For metrics. */
  state(): SnapshotState;
  /** Waits for the end of the fill under way, and of one that waits for it. */
  settled(): Promise<void>;
  /** Ends the fill under way. */
  close(): Promise<void>;
}

/** A newer build has been found during a fill. */
class Superseded extends Error {
  /** The number of that build. */
  readonly by: string;

  constructor(by: string) {
    super('a newer build has been found');
    this.by = by;
  }
}

const firstBackOff = 30_000;
const longestBackOff = 600_000;

const isNewer = (one: BuildRow, other: BuildRow): boolean => BigInt(one.build_number) > BigInt(other.build_number);

/** Identifies what a build published. Null: builds share its tables, which change. */
const keyOf = (build: BuildRow): string | null => {
  const tables = tablesOf(build);
  return tables === null ? null : `${build.build_id} ${tables}`;
};

/**
 * Keeps the small tables of the newest build in memory, one snapshot at a time.
 *
 * Nothing runs on a timer, so that an idle Redshift can pause: a fill begins when an operation or a probe finds a build, or after
 * the one during which it was found, and a failed one is repeated when the build is found again, after a back-off. The snapshot of the build before is dropped when the fill
 * begins, not when it ends: new operations no longer read that build, those in progress hold their snapshot, and memory holds one.
 */
export function openSnapshots({ warehouse, maxBytes, clock, onFill }: SnapshotsOptions): Snapshots {
  const closed = new AbortController();
  const answers = { snapshot: 0, warehouse: 0 };
  const fills: Record<SnapshotOutcome, number> = { COMPLETE: 0, PARTIAL: 0, REFUSED: 0, FAILED: 0, SUPERSEDED: 0 };
  let fillMilliseconds: number | null = null;
  let held: { readonly key: string; readonly build: string; readonly snapshot: Snapshot } | null = null;
  let filling: { readonly build: BuildRow; readonly work: Promise<void> } | null = null;
  /** The newest build that was found during the fill of an older one. */
  let next: BuildRow | null = null;
  let refused: string | null = null;
  let failed: { readonly key: string; readonly retryAt: number; readonly backOff: number } | null = null;

  const end = (fill: SnapshotFill): void => {
    fills[fill.outcome] += 1;
    fillMilliseconds = fill.milliseconds;
    onFill?.(fill);
  };

  const checkNewest = (): void => {
    if (next !== null) throw new Superseded(next.build_number);
  };

  const fill = async (build: BuildRow, key: string): Promise<void> => {
    const startedAt = clock();
    const ended = () => ({ build: build.build_number, milliseconds: clock() - startedAt });
    try {
      const reader = warehouse.within(closed.signal).ofBuild(async () => tablesOf(build));
      const { snapshot, reason } = await readSnapshot(reader, isOfThisRelease(build), maxBytes, checkNewest);
      held = { key, build: build.build_number, snapshot };
      failed = null;
      const { bytes, rows } = snapshot;
      end({ ...ended(), outcome: reason === null ? 'COMPLETE' : 'PARTIAL', bytes, rows, reason });
    } catch (error) {
      if (closed.signal.aborted) return;
      if (error instanceof Superseded) {
        end({ ...ended(), outcome: 'SUPERSEDED', by: error.by });
        return;
      }
      if (error instanceof Unsuitable) {
        refused = key;
        end({ ...ended(), outcome: 'REFUSED', reason: error.message });
        return;
      }
      const backOff = failed?.key === key ? Math.min(2 * failed.backOff, longestBackOff) : firstBackOff;
      failed = { key, backOff, retryAt: clock() + backOff };
      end({ ...ended(), outcome: 'FAILED', error, retrySeconds: backOff / 1000 });
    }
  };

  const noticed = (build: BuildRow | null): void => {
    const key = build && keyOf(build);
    if (!key || closed.signal.aborted) return;
    if (held?.key === key || refused === key) return;
    if (failed?.key === key && clock() < failed.retryAt) return;
    if (filling) {
      // Operations that began before it was found may still find an older one.
      if (isNewer(build, next ?? filling.build)) next = build;
      return;
    }
    held = null;
    const work = fill(build, key).finally(() => {
      filling = null;
      const following = next;
      next = null;
      noticed(following);
    });
    filling = { build, work };
  };

  const settled = async (): Promise<void> => {
    while (filling) await filling.work;
  };

  return {
    of: (build) => (held !== null && held.key === keyOf(build) ? held.snapshot : null),
    noticed,
    counted: (source) => {
      answers[source] += 1;
    },
    state: () => ({
      current: held && { build: held.build, bytes: held.snapshot.bytes, rows: held.snapshot.rows },
      answers,
      fills,
      fillMilliseconds,
    }),
    settled,
    close: async () => {
      closed.abort(new Error('the service is stopping'));
      await settled();
    },
  };
}
