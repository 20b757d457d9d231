import type { Generated } from 'kysely';

/** The schema that holds the ledger, in whatever database it lies. */
export const ledgerSchema = 'ledger';

/**
 * The tables of schema `ledger`, as its migrations make them.
 *
 * Wire types: a bigint arrives as exact text, a timestamptz as RFC 3339 text in UTC with six digits of a second (see
 * src/db/column-types.ts), json as what it holds.
 */
export interface LedgerTables {
  'ledger.push_runs': PushRunsTable;
  'ledger.push_batches': PushBatchesTable;
  'ledger.push_rows': PushRowsTable;
  'ledger.push_results': PushResultsTable;
  'ledger.push_receipts': PushReceiptsTable;
}

/** Exact whole number as text (bigint). */
type Bigint = string;
/** RFC 3339, UTC, six digits of a second. */
type Instant = string;
/** JSON: written as its text, read as what it holds. */
type Json = unknown;

/** Grain: one row per run. Its numbers are kept with every write, so that nobody has to count its rows. */
export interface PushRunsTable {
  /** Grows with every run. The other tables know a run by it. */
  number: Generated<Bigint>;
  /** What the run is called outside. */
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
  override_reason: string | null;
  override_by: string | null;
  /** The number of the run whose rows are sent once more. */
  retry_of: Bigint | null;
  /** RECORDING only within the transaction that writes the run. */
  state: string;
  /** The next four are null while the run is written. */
  plan_hash: Generated<string | null>;
  totals: Generated<Json>;
  findings: Generated<Json>;
  started_at: Generated<Instant>;
  cancelled_at: Generated<Instant | null>;
  /** Null also where it was cancelled by a version that did not keep it. */
  cancelled_by: Generated<string | null>;
  finished_at: Generated<Instant | null>;
  finish_reason: Generated<string | null>;
  planned: Generated<Bigint>;
  /** Rows that were in a request, answered or not. */
  sent: Generated<Bigint>;
  accepted: Generated<Bigint>;
  stale: Generated<Bigint>;
  rejected: Generated<Bigint>;
  unknown: Generated<Bigint>;
  /** Requests, the repeated ones included. */
  attempts: Generated<Bigint>;
  last_failure: Generated<string | null>;
  last_failure_at: Generated<Instant | null>;
  /** While the run waits: when its next request is due. Null from the next attempt on, and once the run has ended. */
  next_attempt_at: Generated<Instant | null>;
  /** The number of the last batch. */
  batches: Generated<number>;
  /** Since when its rows are not to be had any more. */
  rows_deleted_at: Generated<Instant | null>;
  /** Whether all of them are deleted. */
  rows_are_gone: Generated<boolean>;
  lease_worker: Generated<string | null>;
  lease_until: Generated<Instant | null>;
  fence: Generated<Bigint>;
}

/** Grain: one row per batch: the rows of a run within a range of iterations' ids, those without a result. */
export interface PushBatchesTable {
  run_number: Bigint;
  number: number;
  first_id: Bigint;
  last_id: Bigint;
  row_count: number;
  attempts: Generated<number>;
  /** Whether its rows were in a request, of this batch or of the one that it came of. */
  was_sent: Generated<boolean>;
  /** Whether any of its attempts may have reached AdSuite. */
  may_have_arrived: Generated<boolean>;
  ready_at: Generated<Instant>;
  is_done: Generated<boolean>;
}

/** Grain: one row per run and iteration: what is sent. Never changed. */
export interface PushRowsTable {
  run_number: Bigint;
  iteration_id: Bigint;
  strategy_id: Bigint;
  created_at: Instant;
  old_values: Json;
  values: Json;
}

/** Grain: one row per row of a run that has come to its end. Never changed. */
export interface PushResultsTable {
  run_number: Bigint;
  iteration_id: Bigint;
  state: string;
  code: string | null;
  message: string | null;
  ended_at: Generated<Instant>;
}

/** Grain: one row per iteration: what AdSuite accepted last. */
export interface PushReceiptsTable {
  iteration_id: Bigint;
  strategy_id: Bigint;
  created_at: Instant;
  version: Bigint;
  values: Json;
  run_number: Bigint;
  accepted_at: Generated<Instant>;
}
