import { sql } from 'kysely';
import type { Lease, RunProgress } from '../../../push/ports.ts';
import type { Batch } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText, storableText } from '../values.ts';
import { closeBatch, fencedWrite, openRows } from './fenced-write.ts';

/** Where a run stands; costs what its open batches cost to look at. */
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
      -- greatest() passes over nulls
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

/** The first open batch whose time has come, with its rows that have no result. */
export async function readyBatch(
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

/** Counts an attempt. */
export function countAttempt(db: LedgerConnection, lease: Lease, batch: Batch): Promise<boolean> {
  return fencedWrite(
    db,
    lease,
    batch,
    sql`attempted as (
      update ledger.push_batches as tried set attempts = tried.attempts + 1, was_sent = true, may_have_arrived = true
      from batch
      where tried.run_number = batch.run_number and tried.number = batch.number
    ), counted as (
      update ledger.push_runs as run set attempts = run.attempts + 1, next_attempt_at = null,
        sent = run.sent + case when batch.was_sent then 0 else batch.row_count end
      from batch where run.number = batch.run_number
    )`,
  );
}

/**
 * Lets a batch wait.
 *
 * @param mayHaveArrived whether any of its attempts may have arrived; undefined: nothing new is known.
 */
export function postponeBatch(
  db: LedgerConnection,
  lease: Lease,
  batch: Batch,
  milliseconds: number,
  reason: string,
  mayHaveArrived?: boolean,
): Promise<boolean> {
  return fencedWrite(
    db,
    lease,
    batch,
    sql`waits as (
      update ledger.push_batches as put_off set ready_at = clock_timestamp() + ${milliseconds} * interval '1 millisecond',
        may_have_arrived = batch.attempts > 0 and coalesce(${mayHaveArrived ?? null}::boolean, batch.may_have_arrived)
      from batch where put_off.run_number = batch.run_number and put_off.number = batch.number
    ), noted as (
      update ledger.push_runs as run set last_failure = ${storableText(reason)}, last_failure_at = clock_timestamp()
      from batch where run.number = batch.run_number
    )`,
  );
}

/** Ends a batch and puts its rows into two new ones. */
export function splitBatch(db: LedgerConnection, lease: Lease, batch: Batch): Promise<boolean> {
  return fencedWrite(
    db,
    lease,
    batch,
    sql`${openRows}, ${closeBatch}, halves as materialized (
      select half, min(iteration_id) as first_id, max(iteration_id) as last_id, count(*) as row_count
      from (select iteration_id, ntile(2) over (order by iteration_id) as half from open_rows) as halved
      group by half
    ), again as (
      insert into ledger.push_batches (run_number, number, first_id, last_id, row_count, was_sent)
      select held.number, held.batches + half, halves.first_id, halves.last_id, halves.row_count, batch.was_sent
      from held cross join batch cross join halves
    ), numbered as (
      update ledger.push_runs as run set batches = run.batches + added.batches
      from held, (select count(*)::int as batches from halves) as added where run.number = held.number
    )`,
  );
}
