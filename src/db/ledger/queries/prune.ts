import { sql } from 'kysely';
import type { LedgerConnection } from '../database.ts';

/** Scalar subqueries, not a join: with a join, the planner read all rows for each batch once there were many. */
const ofDoomed = sql`
  run_number = (select run_number from doomed)
  and iteration_id between (select first_id from doomed) and (select last_id from doomed)`;

/**
 * Deletes one batch, with its rows and results, of the oldest run that ended more than `keepMilliseconds` ago. The run and
 * its receipts stay.
 *
 * The run is locked against other pruners and against retries: the recording of a retry references the run, so either it
 * waits for this statement, or this statement skips the run.
 *
 * The clock is read in a subquery, so that the index on finished_at can be used. Called for each row, it would make every
 * call read all runs.
 *
 * @returns whether there may be more to delete.
 */
export async function deleteOldRows(db: LedgerConnection, keepMilliseconds: number): Promise<boolean> {
  const { rows } = await sql`
    with old as materialized (
      select number from ledger.push_runs
      where not rows_are_gone and finished_at < (select clock_timestamp()) - ${keepMilliseconds} * interval '1 millisecond'
      order by finished_at limit 1 for update skip locked
    ), doomed as materialized (
      select run_number, batch.number, first_id, last_id
      from old join ledger.push_batches as batch on batch.run_number = old.number
      order by batch.number limit 1
    ), results as (
      delete from ledger.push_results where ${ofDoomed}
    ), planned as (
      delete from ledger.push_rows where ${ofDoomed}
    ), batches as (
      delete from ledger.push_batches
      where run_number = (select run_number from doomed) and number = (select number from doomed)
    )
    update ledger.push_runs as run set
      rows_deleted_at = case when planned > 0 then coalesce(rows_deleted_at, clock_timestamp()) end,
      rows_are_gone = not exists (select from doomed)
    from old where run.number = old.number
    returning run.number`.execute(db);
  return rows.length === 1;
}
