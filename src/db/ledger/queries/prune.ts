import { sql } from 'kysely';
import type { LedgerConnection } from '../database.ts';

/** Bounded by values, not by a join: once the planner knew of many rows, it read all of them for each batch. */
const ofDoomed = sql`
  run_number = (select run_number from doomed)
  and iteration_id between (select first_id from doomed) and (select last_id from doomed)`;

/**
 * Deletes a batch, with its rows and results, of the first run that ended longer ago than they are kept; the run itself
 * stays, and so do the receipts.
 *
 * The run is locked against others who tidy, and against retries: whoever records one refers to the run, and waits until
 * the step is over, or keeps it from beginning.
 *
 * The clock is asked in a query of its own: called for each run, it would keep the index from being searched by it, and all
 * runs that are kept would be read each time.
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
