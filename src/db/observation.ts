/** A query that has ended, for metrics and traces. */
export interface EndedQuery {
  /** Its stable name. */
  readonly name: string;
  /** `ok`, or the kind of its fault. */
  readonly outcome: string;
  /** When it began, by the clock of `performance.now()`. */
  readonly startedAt: number;
  /** Includes the wait for a connection, and repeated attempts. */
  readonly milliseconds: number;
}

/** Called for each query that has ended. Must not throw. */
export type OnQueryEnd = (ended: EndedQuery) => void;

/** Starts the clock of a query. @returns the function to call with the outcome. */
export function timeQuery(name: string, onEnd: OnQueryEnd | undefined): (outcome: string) => void {
  const startedAt = performance.now();
  return (outcome) => onEnd?.({ name, outcome, startedAt, milliseconds: performance.now() - startedAt });
}

/** The connections of a pool at this moment. */
export interface PoolState {
  readonly name: string;
  /** Maximum number of connections. */
  readonly max: number;
  readonly inUse: number;
  readonly idle: number;
  /** Queries that wait for a connection. */
  readonly waiting: number;
}

interface Counts {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** @param counts of a pool of the driver. */
export const poolState = (name: string, max: number, { totalCount, idleCount, waitingCount }: Counts): PoolState => ({
  name,
  max,
  inUse: totalCount - idleCount,
  idle: idleCount,
  waiting: waitingCount,
});

/** What answers a question that the snapshot is asked first. */
export type SnapshotSource = 'snapshot' | 'warehouse';

/**
 * How the fill of a snapshot ends. PARTIAL: without the daily tables; REFUSED: it is not tried again, unlike FAILED; SUPERSEDED: by
 * that of a newer build.
 */
export const snapshotOutcomes = ['COMPLETE', 'PARTIAL', 'REFUSED', 'FAILED', 'SUPERSEDED'] as const;

export type SnapshotOutcome = (typeof snapshotOutcomes)[number];

/** The snapshot of this process at this moment. */
export interface SnapshotState {
  /** The one that answers; null: none. */
  readonly current: { readonly build: string; readonly bytes: number; readonly rows: number } | null;
  /** Since the process started. */
  readonly answers: Readonly<Record<SnapshotSource, number>>;
  readonly fills: Readonly<Record<SnapshotOutcome, number>>;
  /** Of the last fill; null: there was none. */
  readonly fillMilliseconds: number | null;
}
