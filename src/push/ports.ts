import type { Batch, PushState, RowResult } from './types.ts';

// What delivery needs of the world. All of it is handed in, so that a simulation can play through crashes, delays and
// losses in a fraction of the time, each in an order that a number decides.

/** Time and chance. */
export interface Clock {
  /** Milliseconds that never go back; only differences mean anything. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** From 0 (inclusive) to 1 (exclusive). */
  random(): number;
  /** The wall clock, for Retry-After dates. */
  date(): Date;
}

/** How a request to AdSuite ended. */
export type Sent =
  /** An answer about rows; those of the batch that it leaves out are not known. */
  | { readonly kind: 'answered'; readonly results: readonly RowResult[] }
  /** AdSuite refuses the request as it is (400, 413, 422): some row in it is at fault, or it is too large. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** No use as it is now, perhaps later: 429, 5xx, no connection, no or half an answer, a time-out. */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** AdSuite's Retry-After as it was sent, not bounded; null where there is none. */
      readonly retryAfterMilliseconds: number | null;
      /** Whether AdSuite may have applied the rows all the same. False for a 429, and where there was no connection. */
      readonly mayHaveArrived: boolean;
    }
  /** No further request makes sense: the token is refused (401, 403), a redirect, a wrong address (404). */
  | { readonly kind: 'fatal'; readonly reason: string };

export interface AdsuiteTransport {
  /**
   * Sends a batch under its idempotency key. Never rejects; the time-out is its own. The key is a function of the
   * content alone, so it is the same whoever sends it, however often.
   */
  send(batch: Batch, signal: AbortSignal): Promise<Sent>;
}

/** A run that this worker may deliver, for as long as it holds the lease. */
export interface Lease {
  readonly runId: string;
  readonly worker: string;
  /** Grows with every lease of the run: a write with an older one is refused. */
  readonly fence: number;
}

/** What a worker must know of its run beside the batches. */
export interface RunProgress {
  readonly isCancelled: boolean;
  /** Batches that are not done, those that wait for their time included. */
  readonly openBatches: number;
  /** Milliseconds until the earliest open batch that is not excluded may be sent, by the database's clock; 0: now. */
  readonly nextInMilliseconds: number | null;
  /** Milliseconds until the next attempt that `recordWait` recorded, by the database's clock; null: none, or it is due. */
  readonly recordedWaitMilliseconds: number | null;
  /** Milliseconds since the run began, by the database's clock. */
  readonly ageMilliseconds: number;
}

/**
 * The ledger as delivery sees it. Every write is one transaction, fenced by the lease, and answers whether it was still
 * held; false means that nothing was written and another worker has the run. Times are the database's.
 */
export interface DeliveryStore {
  /** Takes a running run that nobody holds (any more); null where there is none. */
  claim(worker: string, leaseMilliseconds: number): Promise<Lease | null>;
  renew(lease: Lease, leaseMilliseconds: number): Promise<boolean>;
  /** Gives a run back before its lease ends, for others to go on with at once. */
  release(lease: Lease): Promise<void>;
  /** Where the run stands. `excluding`: numbers of batches that this worker has in hand. */
  progress(lease: Lease, excluding: readonly number[]): Promise<RunProgress>;
  /** The first open batch whose time has come, with its rows that are PENDING; null where there is none. */
  nextBatch(lease: Lease, excluding: readonly number[]): Promise<Batch | null>;
  /**
   * Records that the run sends no request for so long, for people and for a worker that takes the run over. The next attempt
   * and the end of the run clear it.
   */
  recordWait(lease: Lease, milliseconds: number): Promise<boolean>;
  /** Before each sending: counts the attempt. From here on the rows may have arrived. */
  recordAttempt(lease: Lease, batch: Batch): Promise<boolean>;
  /**
   * Ends rows of a batch with AdSuite's word, and in the same transaction makes each ACCEPTED one the iteration's receipt.
   * Rows of the batch without a result go on in a new batch, with its attempts; the batch itself is done.
   */
  settle(lease: Lease, batch: Batch, results: readonly RowResult[]): Promise<boolean>;
  /**
   * Lets a batch wait.
   *
   * @param mayHaveArrived whether any of its attempts may have arrived; false is what `Batch.isUnsent` tells until the next
   *   attempt is recorded. Left out: as the ledger has it. Any attempt may have arrived until it is told otherwise, those of
   *   a batch that was settled in part count for its rest, and the halves of a split one have none: AdSuite refused it.
   */
  postpone(
    lease: Lease,
    batch: Batch,
    milliseconds: number,
    reason: string,
    mayHaveArrived?: boolean,
  ): Promise<boolean>;
  /** Ends a batch, and puts its rows into two new ones, each with the half of them. */
  split(lease: Lease, batch: Batch): Promise<boolean>;
  /**
   * Ends the run. Its state follows from its rows:
   * - CANCELLED where it was cancelled
   * - SUCCEEDED where every row is ACCEPTED or STALE, and at least one ACCEPTED; of a retry, which a newer push may have
   *   overtaken, all may be STALE
   * - PARTIAL where some were ACCEPTED
   * - FAILED otherwise: so also where all rows of a run with a plan of its own are STALE, as nothing is newer than that
   *
   * Rows that are PENDING stay so, but for those of a batch that may have arrived: they end UNKNOWN.
   *
   * @param reason for a person, where it did not end by itself.
   * @returns null where the lease was lost.
   */
  finish(lease: Lease, end: 'done' | 'cancelled' | 'gave up', reason: string | null): Promise<PushState | null>;
}
