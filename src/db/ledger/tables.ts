import type { Generated } from 'kysely';

/** The ledger's schema, in any database. */
export const ledgerSchema = 'ledger';

/**
 * The tables of schema `ledger`, as its migrations create them.
 *
 * Types in JavaScript (see src/db/column-types.ts): a bigint is exact text, a timestamptz is RFC 3339 text in UTC with six
 * digits of a second, json is the parsed value.
 */
export interface LedgerTables {
  'ledger.push_runs': PushRunsTable;
  'ledger.push_batches': PushBatchesTable;
  'ledger.push_rows': PushRowsTable;
  'ledger.push_results': PushResultsTable;
  'ledger.push_receipts': PushReceiptsTable;
  'ledger.saved_queries': SavedQueriesTable;
}

/** Exact whole number as text (bigint). */
type Bigint = string;
/** RFC 3339, UTC, six digits of a second. */
type Instant = string;
/** JSON: written as text, read as the parsed value. */
type Json = unknown;

/** Grain: one row per run. Every write updates its counts, so no query has to count its rows. */
export interface PushRunsTable {
  /** Increases with every run. The other tables refer to it. */
  number: Generated<Bigint>;
  /** The run's id in the API. */
  id: string;
  idempotency_key: string | null;
  input_hash: string;
  selection: Json;
  build_id: string;
  build_version: Bigint;
  build_as_of: Instant;
  conversions: Bigint;
  attributed: Bigint;
  dry_run: boolean;
  requested_by: string;
  /** `Requester.note` */
  request_note: Generated<string | null>;
  override_reason: string | null;
  override_by: string | null;
  /** `RunOutcome.acceptedShrink`; both are null, or neither. */
  accepted_shrink_percent: Generated<number | null>;
  accepted_shrink_minimum: Generated<number | null>;
  /** The number of the run that it retries. */
  retry_of: Bigint | null;
  /** RECORDING only within the transaction that records the run. */
  state: string;
  /** Null while the run is recorded; so are `totals` and `findings`. */
  plan_hash: Generated<string | null>;
  totals: Generated<Json>;
  findings: Generated<Json>;
  started_at: Generated<Instant>;
  cancelled_at: Generated<Instant | null>;
  /** Null also if a version without this column cancelled the run. */
  cancelled_by: Generated<string | null>;
  finished_at: Generated<Instant | null>;
  finish_reason: Generated<string | null>;
  planned: Generated<Bigint>;
  /** Rows that were in a request, answered or not. */
  sent: Generated<Bigint>;
  accepted: Generated<Bigint>;
  stale: Generated<Bigint>;
  gone: Generated<Bigint>;
  /** `RunRecord.goneWithValues` */
  gone_with_values: Generated<readonly Bigint[]>;
  rejected: Generated<Bigint>;
  unknown: Generated<Bigint>;
  /** Requests, including repeated ones. */
  attempts: Generated<Bigint>;
  last_failure: Generated<string | null>;
  last_failure_at: Generated<Instant | null>;
  /** When a waiting run's next request is due. The next attempt and the run's end set it to null. */
  next_attempt_at: Generated<Instant | null>;
  /** What it waits for (`WaitCause`). Null also if a version without this column recorded the wait. */
  next_attempt_cause: Generated<string | null>;
  /** OPEN or HALF_OPEN; null: closed. Written when it changes. */
  circuit_breaker: Generated<string | null>;
  /** Set by a request to resume the run, until its worker has done so. */
  is_resume_requested: Generated<boolean>;
  /** The last such request; both are null, or neither. */
  resumed_at: Generated<Instant | null>;
  resumed_by: Generated<string | null>;
  /** The number of the last batch. */
  batches: Generated<number>;
  /** When a process took it to log its end. */
  reported_at: Generated<Instant | null>;
  /** When the first of its rows were deleted. */
  rows_deleted_at: Generated<Instant | null>;
  /** Whether all of them are deleted. */
  rows_are_gone: Generated<boolean>;
  lease_worker: Generated<string | null>;
  lease_until: Generated<Instant | null>;
  fence: Generated<Bigint>;
}

/** Grain: one row per batch: the rows of a run in a range of iteration ids that had no result when it was created. */
export interface PushBatchesTable {
  run_number: Bigint;
  number: number;
  first_id: Bigint;
  last_id: Bigint;
  row_count: number;
  attempts: Generated<number>;
  /** Whether its rows were in a request, of this batch or of the one that it was split from. */
  was_sent: Generated<boolean>;
  /** Whether AdSuite may have received any of its attempts. */
  may_have_arrived: Generated<boolean>;
  ready_at: Generated<Instant>;
  is_done: Generated<boolean>;
}

/** Grain: one row per run and iteration: what is sent. Never updated. */
export interface PushRowsTable {
  run_number: Bigint;
  iteration_id: Bigint;
  strategy_id: Bigint;
  created_at: Instant;
  old_values: Json;
  values: Json;
}

/** Grain: one row per row of a run that has a result. Never updated. */
export interface PushResultsTable {
  run_number: Bigint;
  iteration_id: Bigint;
  state: string;
  code: string | null;
  message: string | null;
  ended_at: Generated<Instant>;
}

/** Grain: one row per iteration: what AdSuite last accepted. */
export interface PushReceiptsTable {
  iteration_id: Bigint;
  strategy_id: Bigint;
  created_at: Instant;
  version: Bigint;
  values: Json;
  /** See `Receipt.peakConversions`; null: the number in `values`. */
  peak_conversions: Generated<Bigint | null>;
  run_number: Bigint;
  accepted_at: Generated<Instant>;
}

/** Grain: one row per query that a caller has saved. */
export interface SavedQueriesTable {
  id: string;
  /** Unique. */
  name: string;
  /** `Caller.name`, or `unauthenticated`. */
  owner: string;
  document: string;
  /** A JSON object as the caller sent it; null: none. Text, as its numbers must not be rounded. */
  variables: string | null;
  saved_at: Generated<Instant>;
  updated_at: Generated<Instant>;
}
