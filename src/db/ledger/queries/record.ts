import { type RawBuilder, sql } from 'kysely';
import type { KnownRun, NewRun } from '../../../push/ledger.ts';
import type { PlannedRow } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText } from '../values.ts';

/** A batch of a run: the rows in a range of iteration ids. */
export interface BatchRange {
  readonly number: number;
  readonly firstId: string;
  readonly lastId: string;
  readonly rowCount: number;
}

/** The run with this key; null if the key is null or new. */
export async function runOfKey(db: LedgerConnection, key: string | null): Promise<KnownRun | null> {
  if (key === null) return null;
  const row = await db
    .selectFrom('ledger.push_runs')
    .select(['id', 'input_hash', 'requested_by'])
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ? { runId: row.id, inputHash: row.input_hash, requestedBy: row.requested_by } : null;
}

/** The id of the running run; null if there is none. */
export async function runningRun(db: LedgerConnection): Promise<string | null> {
  const row = await db.selectFrom('ledger.push_runs').select('id').where('state', '=', 'RUNNING').executeTakeFirst();
  return row?.id ?? null;
}

/** The key of the push lock among the database's advisory locks; any number. */
const pushLock = '7146802931550127331';

/** Takes the push lock until the transaction ends: one push is recorded at a time. */
export async function takePushLock(db: LedgerConnection): Promise<void> {
  await sql`select pg_advisory_xact_lock(${pushLock}::bigint)`.execute(db);
}

/**
 * Inserts a run in state RECORDING. Waits for another transaction that inserts a run with the same key.
 *
 * @returns its number; null if a run with its key exists.
 */
export async function insertRun(db: LedgerConnection, run: NewRun): Promise<string | null> {
  const { build, override } = run;
  const row = await db
    .insertInto('ledger.push_runs')
    .values({
      id: run.id,
      idempotency_key: run.idempotencyKey,
      input_hash: run.inputHash,
      selection: JSON.stringify(run.selection),
      build_id: build.id,
      build_version: String(build.version),
      build_as_of: build.asOf,
      conversions: String(build.conversions),
      attributed: String(build.attributed),
      dry_run: run.dryRun,
      requested_by: run.requestedBy,
      request_note: run.note,
      override_reason: override?.reason ?? null,
      override_by: override?.by ?? null,
      retry_of: run.retryOf === null ? null : await numberOf(db, run.retryOf),
      state: 'RECORDING',
    })
    .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
    .returning('number')
    .executeTakeFirst();
  return row?.number ?? null;
}

/** @throws if there is no run with this id. */
async function numberOf(db: LedgerConnection, runId: string): Promise<string> {
  const row = await db.selectFrom('ledger.push_runs').select('number').where('id', '=', runId).executeTakeFirst();
  if (!row) throw new Error(`the ledger has no push run ${runId}`);
  return row.number;
}

/**
 * Inserts rows of a run. Their values are sent as lines of one text: an array would need every quote escaped.
 *
 * @param isLocked whether no receipt can have changed since the rows were planned, because the push lock has been held. Then old
 *   values are copied from the receipts, which saves sending and parsing them.
 */
export async function insertRows(
  db: LedgerConnection,
  runNumber: string,
  rows: readonly PlannedRow[],
  isLocked: boolean,
): Promise<void> {
  const ids = arrayText(rows.map((row) => row.iterationId));
  const strategyIds = arrayText(rows.map((row) => row.strategyId));
  const createdAt = arrayText(rows.map((row) => row.createdAt));
  const newValues = rows.map((row) => row.newText).join('\n');
  const old = isLocked ? valuesOfReceipts(rows) : sentValues(rows);
  await sql`
    insert into ledger.push_rows (run_number, iteration_id, strategy_id, created_at, old_values, values)
    select ${runNumber}, iteration_id, strategy_id, created_at, ${old.values}, new_values::json
    from unnest(
      ${ids}::bigint[], ${strategyIds}::bigint[], ${createdAt}::timestamptz[], ${old.column},
      string_to_array(${newValues}, chr(10))
    ) as planned (iteration_id, strategy_id, created_at, old, new_values)`.execute(db);
}

/** The old values of rows, from a column `old` that is sent with them. */
interface OldValues {
  readonly column: RawBuilder<unknown>;
  readonly values: RawBuilder<unknown>;
}

/** `old` says which rows have a receipt. A scalar subquery reads it: a join could read all receipts for each statement. */
const valuesOfReceipts = (rows: readonly PlannedRow[]): OldValues => ({
  column: sql`${arrayText(rows.map((row) => (row.oldText === null ? 'f' : 't')))}::boolean[]`,
  values: sql`case when old then (
      select receipt.values from ledger.push_receipts as receipt where receipt.iteration_id = planned.iteration_id
    ) end`,
});

/** `old` is the text of the values. */
const sentValues = (rows: readonly PlannedRow[]): OldValues => ({
  column: sql`string_to_array(${rows.map((row) => row.oldText ?? '').join('\n')}, chr(10))`,
  values: sql`nullif(old, '')::json`,
});

/** Inserts batches of a run. */
export async function insertBatches(
  db: LedgerConnection,
  runNumber: string,
  batches: readonly BatchRange[],
): Promise<void> {
  if (batches.length === 0) return;
  await db
    .insertInto('ledger.push_batches')
    .values(
      batches.map(({ number, firstId, lastId, rowCount }) => ({
        run_number: runNumber,
        number,
        first_id: firstId,
        last_id: lastId,
        row_count: rowCount,
      })),
    )
    .execute();
}

/**
 * Copies the rows of another run that are not accepted, stale or gone, and inserts their batches. A later run may have sent their
 * values: rows that AdSuite has since accepted are left out, and the old values are those of the receipts. A receipt of an earlier
 * run leaves nothing out: the run sent everything again. Rows of iterations that a push of a newer build has planned are left out, too,
 * even if it had nothing to send: AdSuite would take the older values, because the version of what it has may be lower still.
 *
 * @returns the number of rows.
 */
export async function copyUnaccepted(
  db: LedgerConnection,
  runNumber: string,
  fromRunId: string,
  batchRows: number,
): Promise<number> {
  const source = await numberOf(db, fromRunId);
  const copied = await sql<{ rows: string }>`
    with newer as materialized (
      select selection::jsonb -> 'iterationIds' as iterations, selection::jsonb -> 'strategyIds' as strategies
      from ledger.push_runs
      where build_version > (select build_version from ledger.push_runs where number = ${source})
        and not dry_run and retry_of is null and state <> 'REFUSED'
    ), copied as (
      insert into ledger.push_rows (run_number, iteration_id, strategy_id, created_at, old_values, values)
      select ${runNumber}, planned.iteration_id, planned.strategy_id, planned.created_at, receipt.values, planned.values
      from ledger.push_rows as planned
      join ledger.push_runs as run on run.number = planned.run_number
      left join ledger.push_receipts as receipt on receipt.iteration_id = planned.iteration_id
      where planned.run_number = ${source}
        and not exists (
          select from ledger.push_results as ended
          where ended.run_number = ${source} and ended.iteration_id = planned.iteration_id
            and ended.state in ('ACCEPTED', 'STALE', 'GONE')
        )
        and (
          receipt.iteration_id is null or receipt.run_number <= run.number or receipt.version < run.build_version
          -- AdSuite refuses other values under the same version, and the retry shows that.
          or (receipt.version = run.build_version and receipt.values::text <> planned.values::text)
        )
        and not exists (
          select from newer
          where (iterations = 'null' or iterations ? planned.iteration_id::text)
            and (strategies = 'null' or strategies ? planned.strategy_id::text)
        )
      returning 1
    )
    select count(*) as rows from copied`.execute(db);
  await sql`
    insert into ledger.push_batches (run_number, number, first_id, last_id, row_count)
    select ${runNumber}, number, min(iteration_id), max(iteration_id), count(*)
    from (
      select iteration_id, (row_number() over (order by iteration_id) - 1) / ${batchRows}::int + 1 as number
      from ledger.push_rows where run_number = ${runNumber}
    ) as numbered
    group by number`.execute(db);
  return Number(copied.rows[0]?.rows ?? 0);
}

/** Whether another run of the same build still has its rows; null if there is no such run of this build. */
export async function hasRowsFor(db: LedgerConnection, runNumber: string, otherRunId: string): Promise<boolean | null> {
  const { rows } = await sql<{ there: boolean }>`
    select other.rows_deleted_at is null as there from ledger.push_runs as run join ledger.push_runs as other using (build_id, build_version)
    where run.number = ${runNumber} and other.id = ${otherRunId}`.execute(db);
  return rows[0]?.there ?? null;
}
