import type { GuardFinding, MetricsValues, PlannedRow, PlanTotals, PushBuild, PushSelection } from './types.ts';

/** What AdSuite accepted last for an iteration. */
export interface Receipt {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly createdAt: string;
  readonly version: number;
  readonly values: MetricsValues;
  readonly runId: string;
  readonly acceptedAt: string;
}

/** Whoever reads receipts reads them in the order of iterations' ids, as numbers. */
export interface ReceiptRange {
  /** Only ids above this one; null: from the first. */
  readonly after: string | null;
  /** Only ids up to this one; null: to the last. */
  readonly through: string | null;
  readonly selection: PushSelection;
  /** At most so many. */
  readonly limit: number;
}

/** What the last push of which AdSuite has something (or had to be told nothing) had found, to compare with. */
export interface PreviousPush {
  readonly runId: string;
  readonly build: PushBuild;
  /** Of all conversions of that build, and of those that were attributed. */
  readonly conversions: number;
  readonly attributed: number;
}

export interface NewRun {
  readonly id: string;
  /** The caller's; null: none was given. Unique: see `begin`. */
  readonly idempotencyKey: string | null;
  /** Tells this input from any other under the same key. */
  readonly inputHash: string;
  readonly selection: PushSelection;
  readonly build: PushBuild & { readonly conversions: number; readonly attributed: number };
  readonly dryRun: boolean;
  readonly requestedBy: string;
  readonly override: { readonly reason: string; readonly by: string } | null;
  /** The run whose rows are sent once more; null for a run with a plan of its own. */
  readonly retryOf: string | null;
}

/** The run that a key was used for. Compare its input hash. */
export interface KnownRun {
  readonly runId: string;
  readonly inputHash: string;
}

/** How the beginning of a run ended. */
export type Begun =
  | { readonly kind: 'recording'; readonly recording: Recording }
  /** The key was used before. */
  | ({ readonly kind: 'known' } & KnownRun)
  /** Another run is under way; one at a time, so that no iteration is in flight twice. A dry run never meets this. */
  | { readonly kind: 'busy'; readonly runId: string };

/**
 * A run that is being written, in one transaction that holds the ledger's push lock: until it commits nothing of it is to be
 * seen. Whoever has one must commit or roll back.
 */
export interface Recording {
  receipts(range: ReceiptRange): Promise<Receipt[]>;
  previous(): Promise<PreviousPush | null>;
  /**
   * Adds rows to the outbox, in batches of a size that the ledger was opened with. They come in the order of iterations' ids,
   * as numbers: also from one call to the next.
   */
  add(rows: readonly PlannedRow[]): Promise<void>;
  /**
   * For a retry, which has no other rows: copies the rows of another run of the same build for which AdSuite has neither the
   * values nor newer ones (PENDING, REJECTED, UNKNOWN), values and version as they were. Answers how many; null where they
   * were deleted, as they are not kept for ever.
   */
  addUnaccepted(runId: string): Promise<number | null>;
  /**
   * RUNNING: to be delivered. REFUSED: its rows are dropped, the findings stay. SUCCEEDED: nothing to send, or a dry run.
   *
   * @param findings what the guards found: the refusal, or what was overridden.
   * @throws {CommitOutcomeUnknown} where the ledger may have kept the run all the same; after anything else it has not.
   */
  commit(end: {
    readonly state: 'RUNNING' | 'REFUSED' | 'SUCCEEDED';
    readonly planHash: string;
    readonly totals: PlanTotals;
    readonly findings: readonly GuardFinding[];
  }): Promise<void>;
  rollback(): Promise<void>;
}

/** The ledger as planning sees it. */
export interface PushLedger {
  /** The same reads as a Recording's, outside of any run. */
  receipts(range: ReceiptRange): Promise<Receipt[]>;
  previous(): Promise<PreviousPush | null>;
  begin(run: NewRun): Promise<Begun>;
  /** The run that was recorded under a key; null where there is none. */
  known(key: string): Promise<KnownRun | null>;
  /**
   * Asks a running run to stop before its next batch. False where there is no such run, or it has ended.
   *
   * @param by who asks; the first one is kept.
   */
  cancel(runId: string, by: string): Promise<boolean>;
}
