import { type RawBuilder, sql } from 'kysely';
import type { Lease } from '../../../push/ports.ts';
import type { Batch } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { storableText } from '../values.ts';
import { isHeldBy } from './leases.ts';

/**
 * Writes about a batch if the worker still holds the run's lease. One statement, and so one transaction.
 *
 * It has two CTEs: `held`, the run, locked against other workers, and `batch`, the batch unless it is done. Each CTE of
 * `writes` must join one of them.
 *
 * @param writes further CTEs, separated by commas.
 * @returns whether the lease was held; if not, nothing was written.
 */
export async function fencedWrite(
  db: LedgerConnection,
  lease: Lease,
  batch: Batch,
  writes: RawBuilder<unknown>,
): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`
    with held as materialized (
      select number, build_version, batches, accepted_shrink_percent, accepted_shrink_minimum
      from ledger.push_runs where ${isHeldBy(lease)} for no key update
    ), batch as materialized (
      select push_batches.* from ledger.push_batches join held on run_number = held.number
      where push_batches.number = ${batch.number} and not is_done
    ), ${writes}
    select exists (select from held) as held`.execute(db);
  return rows[0]?.held === true;
}

const ofBatch = (column: string): RawBuilder<unknown> => sql`(select ${sql.ref(column)} from batch)`;

/**
 * CTE `open_rows`: the rows of the batch that have no result yet.
 *
 * The results are limited by scalar subqueries and hashed. With a join instead, the planner read all results of the run for
 * each batch once there were many. The rows are limited by a join. With scalar subqueries instead, the planner expects one
 * row, and uses nested loops in the CTEs that follow.
 */
export const openRows: RawBuilder<unknown> = sql`
  open_rows as materialized (
    select push_rows.run_number, push_rows.iteration_id, push_rows.strategy_id, push_rows.created_at, push_rows.values
    from batch
    join ledger.push_rows on push_rows.run_number = batch.run_number
      and push_rows.iteration_id between batch.first_id and batch.last_id
    where push_rows.iteration_id not in (
      select iteration_id from ledger.push_results
      where run_number = ${ofBatch('run_number')}
        and iteration_id between ${ofBatch('first_id')} and ${ofBatch('last_id')}
    )
  )`;

/** CTE `closed`: ends the batch. */
export const closeBatch: RawBuilder<unknown> = sql`
  closed as (
    update ledger.push_batches as done set is_done = true from batch
    where done.run_number = batch.run_number and done.number = batch.number
  )`;

/** Counts an attempt. */
export function recordAttempt(db: LedgerConnection, lease: Lease, batch: Batch): Promise<boolean> {
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
        next_attempt_cause = null,
        -- While it is open, only a probe is sent.
        circuit_breaker = case when circuit_breaker = 'OPEN' then 'HALF_OPEN' else circuit_breaker end,
        sent = run.sent + case when batch.was_sent then 0 else batch.row_count end
      from batch where run.number = batch.run_number
    )`,
  );
}

/**
 * Postpones a batch.
 *
 * @param mayHaveArrived whether AdSuite may have received any of its attempts; undefined: unchanged.
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

/** Ends a batch, and puts its open rows into two new ones. */
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
