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
export async function writeAbout(
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

/** A part `open_rows`: the rows of the batch that have no result yet. The results are read in one go, as few have any. */
export const openRows: RawBuilder<unknown> = sql`
  open_rows as materialized (
    select planned.* from batch
    join ledger.push_rows as planned on planned.run_number = batch.run_number
      and planned.iteration_id between batch.first_id and batch.last_id
    where planned.iteration_id not in (
      select earlier.iteration_id from batch
      join ledger.push_results as earlier on earlier.run_number = batch.run_number
        and earlier.iteration_id between batch.first_id and batch.last_id
    )
  )`;

/** A part `closed`: ends the batch. */
export const closeBatch: RawBuilder<unknown> = sql`
  closed as (
    update ledger.push_batches as done set is_done = true from batch
    where done.run_number = batch.run_number and done.number = batch.number
  )`;
