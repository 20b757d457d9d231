import { sql } from 'kysely';
import type { KnownRun, NewRun } from '../../../push/ledger.ts';
import type { PlannedRow } from '../../../push/types.ts';
import type { BatchRange } from '../batching.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText } from '../values.ts';

/** The run with this key; null where the key is null or new. */
export async function runOfKey(db: LedgerConnection, key: string | null): Promise<KnownRun | null> {
  if (key === null) return null;
  const row = await db
    .selectFrom('ledger.push_runs')
    .select(['id', 'input_hash'])
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ? { runId: row.id, inputHash: row.input_hash } : null;
}

/** The run that is under way; null where there is none. */
export async function runningRun(db: LedgerConnection): Promise<string | null> {
  const row = await db.selectFrom('ledger.push_runs').select('id').where('state', '=', 'RUNNING').executeTakeFirst();
  return row?.id ?? null;
}

/** Any number; it stands for the push lock among the database's advisory locks. */
const pushLock = '7146802931550127331';

/** Waits until nobody else records a push, and keeps others from it until the transaction ends. */
export async function takePushLock(db: LedgerConnection): Promise<void> {
  await sql`select pg_advisory_xact_lock(${pushLock}::bigint)`.execute(db);
}

/**
 * Writes a run that is to be recorded.
 *
 * @returns its number; null where a run with its key is there already, waiting for one that is just being written.
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

/** The number of a run. Throws where there is none with this id. */
async function numberOf(db: LedgerConnection, runId: string): Promise<string> {
  const row = await db.selectFrom('ledger.push_runs').select('number').where('id', '=', runId).executeTakeFirst();
  if (!row) throw new Error(`the ledger has no push run ${runId}`);
  return row.number;
}

/** Writes rows of a run. Values go as lines of one text: as an array each of their quotes would have to be escaped. */
export async function insertRows(db: LedgerConnection, runNumber: string, rows: readonly PlannedRow[]): Promise<void> {
  const strategyIds = arrayText(rows.map((row) => row.strategyId));
  const createdAt = arrayText(rows.map((row) => row.createdAt));
  const oldValues = rows.map((row) => row.oldText ?? '').join('\n');
  const newValues = rows.map((row) => row.newText).join('\n');
  await sql`
    insert into ledger.push_rows (run_number, iteration_id, strategy_id, created_at, old_values, values)
    select ${runNumber}, iteration_id, strategy_id, created_at, nullif(old_values, '')::json, new_values::json
    from unnest(
      ${arrayText(rows.map((row) => row.iterationId))}::bigint[], ${strategyIds}::bigint[], ${createdAt}::timestamptz[],
      string_to_array(${oldValues}, chr(10)), string_to_array(${newValues}, chr(10))
    ) as planned (iteration_id, strategy_id, created_at, old_values, new_values)`.execute(db);
}

/** Writes batches of a run. */
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
 * Copies the rows of another run that AdSuite has neither accepted nor outdated, and makes their batches.
 *
 * @returns how many rows there are.
 */
export async function copyUnaccepted(
  db: LedgerConnection,
  runNumber: string,
  fromRunId: string,
  batchRows: number,
): Promise<number> {
  const source = await numberOf(db, fromRunId);
  const copied = await sql<{ rows: string }>`
    with copied as (
      insert into ledger.push_rows (run_number, iteration_id, strategy_id, created_at, old_values, values)
      select ${runNumber}, iteration_id, strategy_id, created_at, old_values, values from ledger.push_rows as planned
      where run_number = ${source} and not exists (
        select from ledger.push_results as ended
        where ended.run_number = ${source} and ended.iteration_id = planned.iteration_id
          and ended.state in ('ACCEPTED', 'STALE')
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

/**
 * Whether a run's rows can be sent as those of another: both are of the same build, and the rows are still there. null: there
 * is no such run of that build.
 */
export async function hasRowsFor(db: LedgerConnection, runNumber: string, otherRunId: string): Promise<boolean | null> {
  const { rows } = await sql<{ there: boolean }>`
    select other.rows_deleted_at is null as there from ledger.push_runs as run join ledger.push_runs as other using (build_id, build_version)
    where run.number = ${runNumber} and other.id = ${otherRunId}`.execute(db);
  return rows[0]?.there ?? null;
}
