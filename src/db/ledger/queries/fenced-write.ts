import { type RawBuilder, sql } from 'kysely';
import type { Lease } from '../../../push/ports.ts';
import type { Batch } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';

/** Whether a lease still holds its run: nobody has taken it since, and the run has not ended. */
export const isHeldBy = ({ runId, worker, fence }: Lease): RawBuilder<boolean> =>
  sql`id = ${runId} and lease_worker = ${worker} and fence = ${fence} and state = 'RUNNING'`;

/**
 * Writes about a batch for whoever holds the run's lease, in one statement, which is one transaction.
 *
 * The statement has two parts to begin with: `held`, the run, locked so that nobody takes it meanwhile, and `batch`, the
 * batch unless it is done. Every part that writes must join one of them. What others of the same worker do to the same run
 * meanwhile concerns other batches.
 *
 * @param writes the other parts, separated by commas.
 * @returns whether the lease was still held; nothing was written otherwise.
 */
export async function fencedWrite(
  db: LedgerConnection,
  lease: Lease,
  batch: Batch,
  writes: RawBuilder<unknown>,
): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`
    with held as materialized (
      select number, build_version, batches from ledger.push_runs where ${isHeldBy(lease)} for no key update
    ), batch as materialized (
      select push_batches.* from ledger.push_batches join held on run_number = held.number
      where push_batches.number = ${batch.number} and not is_done
    ), ${writes}
    select exists (select from held) as held`.execute(db);
  return rows[0]?.held === true;
}

const ofBatch = (column: string): RawBuilder<unknown> => sql`(select ${sql.ref(column)} from batch)`;

/**
 * A part `open_rows`: the rows of the batch that have no result yet.
 *
 * The results are bounded by values of their own and looked up in a hash: joined with the rows alone, all results of the
 * run were read for each batch once the planner knew of many. The rows are bounded by a join: by values, the planner takes
 * them for one, and compares each with each in what follows.
 */
export const openRows: RawBuilder<unknown> = sql`
  open_rows as materialized (
    select push_rows.* from batch
    join ledger.push_rows on push_rows.run_number = batch.run_number
      and push_rows.iteration_id between batch.first_id and batch.last_id
    where push_rows.iteration_id not in (
      select iteration_id from ledger.push_results
      where run_number = ${ofBatch('run_number')}
        and iteration_id between ${ofBatch('first_id')} and ${ofBatch('last_id')}
    )
  )`;

/** A part `closed`: ends the batch. */
export const closeBatch: RawBuilder<unknown> = sql`
  closed as (
    update ledger.push_batches as done set is_done = true from batch
    where done.run_number = batch.run_number and done.number = batch.number
  )`;
