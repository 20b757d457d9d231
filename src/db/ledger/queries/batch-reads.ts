import { sql } from 'kysely';
import type { Handover, Lease, RunProgress } from '../../../push/ports.ts';
import type { Batch, BreakerState, OutboxRow, WaitCause } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText } from '../values.ts';

/** A run's past, as its next worker needs it. All times are differences by the database's clock. */
export async function readHandover(db: LedgerConnection, { runId }: Lease): Promise<Handover> {
  const { rows } = await sql<{
    age: number;
    wait: number | null;
    cause: WaitCause | null;
    breaker: BreakerState | null;
    postponed: readonly { readonly number: number; readonly milliseconds: number }[];
  }>`
    select greatest(0, floor(extract(epoch from present.at - started_at) * 1000))::float8 as age,
      case when next_attempt_at > present.at then ${millisecondsTo('next_attempt_at')} end as wait,
      next_attempt_cause as cause, circuit_breaker as breaker, coalesce((
        select json_agg(json_build_object('number', number, 'milliseconds', ${millisecondsTo('ready_at')}))
        from ledger.push_batches where run_number = run.number and not is_done and ready_at > present.at
      ), '[]') as postponed
    from ledger.push_runs as run cross join (select clock_timestamp() as at offset 0) as present
    where run.id = ${runId}`.execute(db);
  const row = found(rows, runId);
  return {
    ageMilliseconds: row.age,
    wait: row.wait === null ? null : { milliseconds: row.wait, cause: row.cause },
    breaker: row.breaker ?? 'CLOSED',
    postponed: row.postponed,
  };
}

const millisecondsTo = (column: string) =>
  sql`ceil(extract(epoch from ${sql.ref(column)} - present.at) * 1000)::float8`;

/** A run's progress. Reads its open batches only. */
export async function runProgress(db: LedgerConnection, { runId }: Lease): Promise<RunProgress> {
  const { rows } = await sql<{ cancelled: boolean; resumed: boolean; open: number }>`
    select cancelled_at is not null as cancelled, is_resume_requested as resumed, (
      select count(*)::int from ledger.push_batches where run_number = run.number and not is_done
    ) as open
    from ledger.push_runs as run where run.id = ${runId}`.execute(db);
  const { cancelled, resumed, open } = found(rows, runId);
  return { isCancelled: cancelled, isResumeRequested: resumed, openBatches: open };
}

function found<Row>([row]: readonly Row[], runId: string): Row {
  if (row === undefined) throw new Error(`the ledger has no push run ${runId}`);
  return row;
}

interface BatchRow {
  readonly run_number: string;
  readonly number: number;
  readonly first_id: string;
  readonly last_id: string;
  readonly attempts: number;
  readonly may_have_arrived: boolean;
  readonly build_id: string;
  readonly build_version: string;
  readonly build_as_of: string;
}

/**
 * The first open batch that is not excluded, with its rows that have no result; null if there is none.
 *
 * @param recordedRows the rows of a batch of the run with this number, as it was recorded, if they are in memory. Only called for a
 *   batch that was never attempted, so none of its rows has a result.
 */
export async function nextBatch(
  db: LedgerConnection,
  { runId }: Lease,
  excluding: readonly number[],
  recordedRows: (runNumber: string, batch: number) => readonly OutboxRow[] | null,
): Promise<Batch | null> {
  const found = await sql<BatchRow>`
    select batch.run_number, batch.number, first_id, last_id, batch.attempts, may_have_arrived, build_id, build_version, build_as_of
    from ledger.push_runs as run join ledger.push_batches as batch on batch.run_number = run.number
    where run.id = ${runId} and not is_done and batch.number <> all(${arrayText(excluding)}::int[])
    order by batch.number limit 1`.execute(db);
  const [batch] = found.rows;
  if (!batch) return null;
  const version = Number(batch.build_version);
  const kept = batch.attempts === 0 ? recordedRows(batch.run_number, batch.number) : null;
  return {
    runId,
    number: batch.number,
    build: { id: batch.build_id, version, asOf: batch.build_as_of },
    rows: kept ?? (await openRowsOf(db, batch, version)),
    attempts: batch.attempts,
    ...(batch.attempts > 0 && !batch.may_have_arrived ? { isUnsent: true } : {}),
  };
}

/** The rows of a batch that have no result. */
async function openRowsOf(db: LedgerConnection, batch: BatchRow, version: number): Promise<OutboxRow[]> {
  const { rows } = await sql<{ iteration_id: string; strategy_id: string; values: string }>`
    select iteration_id, strategy_id, values::text as values from ledger.push_rows
    where run_number = ${batch.run_number} and iteration_id between ${batch.first_id} and ${batch.last_id}
      and iteration_id not in (
        select iteration_id from ledger.push_results
        where run_number = ${batch.run_number} and iteration_id between ${batch.first_id} and ${batch.last_id}
      )
    order by iteration_id`.execute(db);
  return rows.map((row) => ({
    iterationId: row.iteration_id,
    strategyId: row.strategy_id,
    version,
    valuesText: row.values,
  }));
}
