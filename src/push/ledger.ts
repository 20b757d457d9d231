import type {
  BreakerState,
  GuardFinding,
  MetricsValues,
  PlannedRow,
  PlanTotals,
  PushBuild,
  PushSelection,
  RunState,
  ShrinkLimits,
  WaitCause,
} from './types.ts';

/** What AdSuite accepted last for an iteration. */
export interface Receipt {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly createdAt: string;
  readonly version: number;
  readonly values: MetricsValues;
  /** The highest number of conversions that AdSuite accepted since an override last accepted a loss (`RunOutcome.acceptedShrink`). */
  readonly peakConversions: number;
  readonly runId: string;
  readonly acceptedAt: string;
}

/** A page of receipts, in the numeric order of iteration ids. */
export interface ReceiptRange {
  /** Only ids above this one; null: from the first. */
  readonly after: string | null;
  /** Only ids up to this one; null: to the last. */
  readonly through: string | null;
  readonly selection: PushSelection;
  /** Maximum number of receipts. */
  readonly limit: number;
}

/** A build with its conversions: all of them, and those that have an iteration. */
export interface CountedBuild extends PushBuild {
  readonly conversions: number;
  readonly attributed: number;
}

/** The last push that AdSuite accepted rows of, or that had nothing to send. The guards compare with it. */
export interface PreviousPush {
  readonly runId: string;
  readonly build: PushBuild;
  readonly conversions: number;
  readonly attributed: number;
}

export interface NewRun {
  readonly id: string;
  /** From the caller; null if none was given. Unique: see `begin`. */
  readonly idempotencyKey: string | null;
  /** Detects a key that is reused with different input. */
  readonly inputHash: string;
  readonly selection: PushSelection;
  readonly build: CountedBuild;
  readonly dryRun: boolean;
  readonly requestedBy: string;
  /** Whether `requestedBy` is verified. Not recorded. */
  readonly isVerified: boolean;
  readonly note: string | null;
  readonly override: { readonly reason: string; readonly by: string } | null;
  /** The run whose rows this one retries; null for a run with its own plan. */
  readonly retryOf: string | null;
}

/** A run as the ledger has it. */
export interface RunRecord {
  readonly id: string;
  /** Increases with every run; lists of runs are ordered by it. */
  readonly number: string;
  readonly state: RunState;
  readonly isDryRun: boolean;
  /** The first request to cancel it; `by` is null for runs recorded before callers were kept. */
  readonly cancelled: { readonly by: string | null; readonly at: string } | null;
  readonly build: CountedBuild;
  /** From the caller; null if none was given. */
  readonly idempotencyKey: string | null;
  readonly selection: PushSelection;
  readonly planHash: string;
  readonly totals: PlanTotals;
  readonly findings: readonly GuardFinding[];
  readonly requestedBy: string;
  readonly note: string | null;
  readonly override: { readonly reason: string; readonly by: string } | null;
  readonly acceptedShrink: ShrinkLimits | null;
  /** The id of the run whose rows it retries. */
  readonly retryOf: string | null;
  readonly counts: RunCounts;
  /** The first iterations, by id, whose rows are GONE although they have a click or a conversion: one more than are named. */
  readonly goneWithValues: readonly string[];
  /** Rows that were in a request, answered or not. */
  readonly sent: number;
  /** Requests, including repeated ones. */
  readonly attempts: number;
  readonly lastFailure: { readonly reason: string; readonly at: string } | null;
  /** When the next request is due; null unless the run waits for a time in the future, by the database's clock. */
  readonly nextAttemptAt: string | null;
  /** What it waits for; null unless `nextAttemptAt` is set, or if an older version of the service delivers it. */
  readonly nextAttemptCause: WaitCause | null;
  /** The circuit breaker of the process that delivers it; null unless RUNNING. */
  readonly breaker: BreakerState | null;
  /** The last request to resume it. */
  readonly resumed: { readonly by: string; readonly at: string } | null;
  readonly startedAt: string;
  /** From the start to the end, or until now, by the database's clock. */
  readonly ageMilliseconds: number;
  readonly finishedAt: string | null;
  /** When its rows were deleted; null if they are kept. */
  readonly rowsDeletedAt: string | null;
  /** Why it ended early; null if it did not. */
  readonly finishReason: string | null;
}

/** The rows of a run by state; `planned` is their sum. */
export interface RunCounts {
  readonly planned: number;
  readonly accepted: number;
  readonly stale: number;
  readonly gone: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly pending: number;
}

/** The run that was recorded under a key. Compare its input hash. */
export interface KnownRun {
  readonly runId: string;
  readonly inputHash: string;
  readonly requestedBy: string;
}

/** The result of beginning a run. */
export type Begun =
  | { readonly kind: 'recording'; readonly recording: Recording }
  /** The key was used before. */
  | ({ readonly kind: 'known' } & KnownRun)
  /** Another run is in progress. Only one may be, so that no iteration is in flight twice. Not returned for dry runs. */
  | { readonly kind: 'busy'; readonly runId: string };

/**
 * How a recording ends. RUNNING: to be delivered. REFUSED: only `keptRows` of its rows are kept, for display. SUCCEEDED:
 * nothing to send, or a dry run.
 */
export interface RunOutcome {
  readonly state: 'RUNNING' | 'REFUSED' | 'SUCCEEDED';
  readonly planHash: string;
  readonly totals: PlanTotals;
  /** What the guards found: the reasons of the refusal, or what was overridden. */
  readonly findings: readonly GuardFinding[];
  /**
   * The limits of ITERATION_SHRANK in a run that overrides it; null in other runs. Of an iteration that has lost more, the
   * accepted number becomes the new `Receipt.peakConversions`, so that later pushes do not report the loss again. Other
   * iterations keep their peaks: their losses were within the limits, so the override does not cover them.
   */
  readonly acceptedShrink: ShrinkLimits | null;
  /** The rows of a refused run to keep, in the numeric order of iteration ids; few. Empty in other runs, which keep all. */
  readonly keptRows: readonly PlannedRow[];
}

/**
 * A run that is being written, in one transaction that holds the ledger's push lock. Nothing of it is visible until it
 * commits. The caller must commit or roll back.
 */
export interface Recording {
  receipts(range: ReceiptRange): Promise<Receipt[]>;
  previous(): Promise<PreviousPush | null>;
  /**
   * Adds rows to the outbox, in batches of the size that the ledger was opened with. Rows must come in the numeric order of
   * iteration ids, within a call and from call to call.
   */
  add(rows: readonly PlannedRow[]): Promise<void>;
  /**
   * For a retry, which has no other rows: copies the rows of another run of the same build that are left to send (PENDING,
   * REJECTED, UNKNOWN), with their values and version. Those that AdSuite has since accepted from another run, and iterations
   * that a push of a newer build has planned, are left out. The old values are what it has accepted by now.
   *
   * @returns how many rows; null if they were deleted (see `prune`).
   */
  addUnaccepted(runId: string): Promise<number | null>;
  /** @throws {CommitOutcomeUnknown} if the run may have been kept. After any other error it was not. */
  commit(outcome: RunOutcome): Promise<void>;
  rollback(): Promise<void>;
}

/** What planning and recording need from the ledger. */
export interface PushLedger {
  /** Like a Recording's reads, but outside a transaction. */
  receipts(range: ReceiptRange): Promise<Receipt[]>;
  previous(): Promise<PreviousPush | null>;
  begin(run: NewRun): Promise<Begun>;
  /** @returns the run; null if there is none, or while it is being recorded. */
  find(runId: string): Promise<RunRecord | null>;
  /** @returns the run that was recorded under a key; null if there is none. */
  known(key: string): Promise<KnownRun | null>;
  /**
   * Asks a run in progress to stop before its next batch.
   *
   * @param by the caller; only the first is kept.
   * @returns false if there is no such run, or it has ended.
   */
  cancel(runId: string, by: string): Promise<boolean>;
  /**
   * Asks the worker of a run in progress to end its wait, and to send the next request at once.
   *
   * @param by the caller; the last one is kept.
   * @returns false if there is no such run, or it has ended.
   */
  resume(runId: string, by: string): Promise<boolean>;
  /**
   * Takes a run that has ended and was not taken before, to report its end; null if there is none. Each run is given to one
   * caller, once. Dry runs are left out.
   */
  takeEnded(): Promise<RunRecord | null>;
}
