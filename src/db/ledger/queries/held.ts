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

const ofBatch = (column: string): RawBuilder<unknown> => sql`(select ${sql.ref(column)} from batch)`;
const isInBatch = sql`run_number = ${ofBatch('run_number')}
  and iteration_id between ${ofBatch('first_id')} and ${ofBatch('last_id')}`;

/**
 * A part `open_rows`: the rows of the batch that have no result yet.
 *
 * Rows and results are bounded each by itself, with values and not by a join with the batch, so that no plan reads more
 * of them: of a run of many rows a join was planned that read all results of the run for each batch.
 */
export const openRows: RawBuilder<unknown> = sql`
  open_rows as materialized (
    select * from ledger.push_rows
    where ${isInBatch} and iteration_id not in (select iteration_id from ledger.push_results where ${isInBatch})
  )`;

/** A part `closed`: ends the batch. */
export const closeBatch: RawBuilder<unknown> = sql`
  closed as (
    update ledger.push_batches as done set is_done = true from batch
    where done.run_number = batch.run_number and done.number = batch.number
  )`;
