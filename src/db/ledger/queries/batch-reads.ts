import { sql } from 'kysely';
import type { Lease, RunProgress } from '../../../push/ports.ts';
import type { Batch } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText } from '../values.ts';

/** A run's progress. Reads its open batches only. */
export async function runProgress(
  db: LedgerConnection,
  { runId }: Lease,
  excluding: readonly number[],
): Promise<RunProgress> {
  const { rows } = await sql<{
    cancelled: boolean;
    open: number;
    next: number | null;
    wait: number | null;
    age: number;
  }>`
    select cancelled_at is not null as cancelled, counted.open,
      -- greatest() ignores nulls
      case when counted.ready_at is not null then
        greatest(0, ceil(extract(epoch from counted.ready_at - clock_timestamp()) * 1000))::float8 end as next,
      case when next_attempt_at > clock_timestamp() then
        ceil(extract(epoch from next_attempt_at - clock_timestamp()) * 1000)::float8 end as wait,
      greatest(0, floor(extract(epoch from clock_timestamp() - started_at) * 1000))::float8 as age
    from ledger.push_runs as run cross join lateral (
      select count(*)::int as open, min(ready_at) filter (where number <> all(${arrayText(excluding)}::int[])) as ready_at
      from ledger.push_batches where run_number = run.number and not is_done
    ) as counted
    where run.id = ${runId}`.execute(db);
  const [row] = rows;
  if (!row) throw new Error(`the ledger has no push run ${runId}`);
  return {
    isCancelled: row.cancelled,
    openBatches: row.open,
    nextInMilliseconds: row.next,
    recordedWaitMilliseconds: row.wait,
    ageMilliseconds: row.age,
  };
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

/** The first open batch that is due, with its rows that have no result; null if there is none. */
export async function nextBatch(
  db: LedgerConnection,
  { runId }: Lease,
  excluding: readonly number[],
): Promise<Batch | null> {
  const found = await sql<BatchRow>`
    select batch.run_number, batch.number, first_id, last_id, batch.attempts, may_have_arrived, build_id, build_version, build_as_of
    from ledger.push_runs as run join ledger.push_batches as batch on batch.run_number = run.number
    where run.id = ${runId} and not is_done and ready_at <= clock_timestamp()
      and batch.number <> all(${arrayText(excluding)}::int[])
    order by batch.number limit 1`.execute(db);
  const [batch] = found.rows;
  if (!batch) return null;
  const { rows } = await sql<{ iteration_id: string; strategy_id: string; values: string }>`
    select iteration_id, strategy_id, values::text as values from ledger.push_rows
    where run_number = ${batch.run_number} and iteration_id between ${batch.first_id} and ${batch.last_id}
      and iteration_id not in (
        select iteration_id from ledger.push_results
        where run_number = ${batch.run_number} and iteration_id between ${batch.first_id} and ${batch.last_id}
      )
    order by iteration_id`.execute(db);
  const version = Number(batch.build_version);
  return {
    runId,
    number: batch.number,
    build: { id: batch.build_id, version, asOf: batch.build_as_of },
    rows: rows.map((row) => ({
      iterationId: row.iteration_id,
      strategyId: row.strategy_id,
      version,
      valuesText: row.values,
    })),
    attempts: batch.attempts,
    ...(batch.attempts > 0 && !batch.may_have_arrived ? { isUnsent: true } : {}),
  };
}
