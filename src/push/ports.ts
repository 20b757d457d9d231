import type { Batch, BreakerState, RowResult, RunState, WaitCause } from './types.ts';

// What delivery needs from outside. A simulation replaces all of it, to replay crashes, delays and losses from a seed.

/** Time and randomness. */
export interface Clock {
  /** Monotonic milliseconds; only differences are meaningful. */
  now(): number;
  /** Resolves after the time, or as soon as the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** From 0 (inclusive) to 1 (exclusive). */
  random(): number;
  /** The wall clock, for Retry-After dates. */
  date(): Date;
}

/** The outcome of a request to AdSuite. */
export type Sent =
  /** Row results. The state of a row without a result is not known. */
  | { readonly kind: 'answered'; readonly results: readonly RowResult[] }
  /** AdSuite refused the whole request (400, 413, 422): a row in it is invalid, or it is too large. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** A temporary failure: 429, 5xx, no connection, no or incomplete answer, timeout. */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** AdSuite's Retry-After, not bounded; null if there is none. */
      readonly retryAfterMilliseconds: number | null;
      /** Whether AdSuite may have applied the rows. False for a 429, and if there was no connection. */
      readonly mayHaveArrived: boolean;
    }
  /** No request can succeed: the token is refused (401, 403), a redirect, a wrong address (404). */
  | { readonly kind: 'fatal'; readonly reason: string };

export interface AdsuiteTransport {
  /**
   * Sends a batch under its idempotency key. Never rejects, and has its own timeout. The key depends only on the content,
   * so every attempt by any worker has the same key.
   */
  send(batch: Batch, signal: AbortSignal): Promise<Sent>;
}

/** The right to deliver a run while the lease lasts. */
export interface Lease {
  readonly runId: string;
  readonly worker: string;
  /** Increases with every lease of the run. A write with an older one is refused. */
  readonly fence: number;
}

/**
 * What a worker that takes a run over needs of its past, as time that has passed or is left by the database's clock. From then
 * on the worker uses its own monotonic clock, so that a clock that is set neither ends the run nor delays it.
 */
export interface Handover {
  /** Since the run started. */
  readonly ageMilliseconds: number;
  /** What is left of the wait that `recordWait` recorded; null: none, or it is over. */
  readonly wait: Wait | null;
  /** As recorded by `recordWait`. */
  readonly breaker: BreakerState;
  /** Open batches that are not due yet. */
  readonly postponed: readonly { readonly number: number; readonly milliseconds: number }[];
}

/** A pause of a whole run. */
export interface Wait {
  readonly milliseconds: number;
  /** null if a version that does not record it recorded the wait. */
  readonly cause: WaitCause | null;
}

/** The state of a run, as far as its worker needs it. */
export interface RunProgress {
  readonly isCancelled: boolean;
  /** Someone asked to end its wait: see `recordResumed`. */
  readonly isResumeRequested: boolean;
  /** Unfinished batches, including postponed ones. */
  readonly openBatches: number;
}

/**
 * What delivery needs from the ledger. Every write is one transaction, fenced by the lease, and returns whether the lease
 * was still held. False: nothing was written, and another worker has the run. All times are the database's.
 */
export interface DeliveryStore {
  /** Takes a run in progress that has no valid lease; null if there is none. */
  claim(worker: string, leaseMilliseconds: number): Promise<Lease | null>;
  renew(lease: Lease, leaseMilliseconds: number): Promise<boolean>;
  /** Ends a lease early, so that another worker can continue at once. */
  release(lease: Lease): Promise<void>;
  /** To be called once, before the first batch. */
  handover(lease: Lease): Promise<Handover>;
  progress(lease: Lease): Promise<RunProgress>;
  /**
   * The first open batch, with its PENDING rows; null if there is none.
   *
   * @param excluding the numbers of the batches that this worker is sending, or that are not due yet.
   */
  nextBatch(lease: Lease, excluding: readonly number[]): Promise<Batch | null>;
  /**
   * Records the state of the throttle, for display and for a worker that takes the run over.
   *
   * @param wait how long the run pauses, and why; null: it does not. Cleared by the next attempt and by the end of the run.
   * @param breaker the next attempt makes an OPEN one HALF_OPEN, and the end of the run clears it.
   */
  recordWait(lease: Lease, wait: Wait | null, breaker: BreakerState): Promise<boolean>;
  /** Fulfils a request to resume: clears the recorded wait, and makes all postponed batches due. */
  recordResumed(lease: Lease): Promise<boolean>;
  /** Counts an attempt before it is made. From then on the rows may have arrived. */
  recordAttempt(lease: Lease, batch: Batch): Promise<boolean>;
  /**
   * Stores row results, and in the same transaction the receipts of ACCEPTED rows. Rows without a result move to a new batch
   * that keeps the attempts. The batch is then done.
   *
   * A GONE result is of a row of zeros. It deletes the iteration's receipt, if that has a lower version than the run's build,
   * so the iteration is not planned again. A result that is REJECTED with `unknownIterationCode` is of a row with values. It
   * becomes GONE too if AdSuite's last answer about the iteration, in an earlier run, had that code and was about a row with
   * values. Its receipt stays.
   */
  settle(lease: Lease, batch: Batch, results: readonly RowResult[]): Promise<boolean>;
  /**
   * Postpones a batch.
   *
   * @param mayHaveArrived whether any attempt may have arrived; false sets `Batch.isUnsent` until the next attempt. Omitted:
   *   unchanged. By default an attempt may have arrived. The rest of a partly settled batch inherits its attempts; the halves
   *   of a split batch have none, because AdSuite refused it.
   */
  postpone(
    lease: Lease,
    batch: Batch,
    milliseconds: number,
    reason: string,
    mayHaveArrived?: boolean,
  ): Promise<boolean>;
  /** Ends a batch and moves its rows to two new ones, half each. */
  split(lease: Lease, batch: Batch): Promise<boolean>;
  /**
   * Ends the run. Its state depends on its rows:
   * - CANCELLED if it was cancelled
   * - SUCCEEDED if every row is ACCEPTED, STALE or GONE, and, if any is STALE, at least one is ACCEPTED. In a retry all may be
   *   STALE, because a newer push may have sent them
   * - PARTIAL if some rows are ACCEPTED
   * - FAILED otherwise. This includes a run, except a retry, with STALE rows and none that is ACCEPTED: no version can be newer
   *   than its build
   *
   * PENDING rows stay PENDING, except those of a batch that may have arrived: they end UNKNOWN.
   *
   * @param reason why it ended early, for display; null if it did not.
   * @returns null if the lease was lost.
   */
  finish(lease: Lease, end: 'done' | 'cancelled' | 'gave up', reason: string | null): Promise<RunState | null>;
}
