import { type RawBuilder, sql } from 'kysely';
import type { Lease } from '../../../push/ports.ts';
import type { Batch } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { openRows } from './batch-writes.ts';
import { isHeldBy } from './leases.ts';

/** Reading a number of JSON parses all of it, so only rows that are updated read it: an inserted one has null, which means the same. */
const sent = sql`(excluded.values ->> 'conversions')::bigint`;
const accepted = sql`(receipt.values ->> 'conversions')::bigint`;
const peak = sql`greatest(receipt.peak_conversions, ${accepted})`;

/** A limit of the run; null if it accepts no loss. As a scalar subquery it is evaluated once, not for each row. */
const limit = (name: 'percent' | 'minimum') => sql`(select ${sql.ref(`accepted_shrink_${name}`)} from held)`;

/**
 * The peak of a receipt that is updated: null, which is the number of the new values, if the run accepts the loss (see
 * `RunOutcome.acceptedShrink`; the condition is the opposite of that of `isShrunkBeyond`).
 */
const newPeak: RawBuilder<string | null> = sql`case when ${limit('minimum')} is null or ${sent} >= ${accepted}
          or ${peak} - ${sent} <= ${limit('minimum')} or (${peak} - ${sent}) * 100 <= ${limit('percent')} * ${peak}
        then greatest(${peak}, ${sent}) end`;

/** Inserts or updates receipts. @param rows a FROM clause with the columns of `open_rows` and of `held`. */
export const receivedRows = (rows: RawBuilder<unknown>): RawBuilder<unknown> => sql`
      insert into ledger.push_receipts as receipt (iteration_id, strategy_id, created_at, version, values, run_number)
      select iteration_id, strategy_id, created_at, held.build_version, values, held.number
      from ${rows}
      on conflict (iteration_id) do update set strategy_id = excluded.strategy_id, created_at = excluded.created_at,
        version = excluded.version, values = excluded.values, run_number = excluded.run_number,
        accepted_at = excluded.accepted_at, peak_conversions = ${newPeak}
      where excluded.version > receipt.version
        -- Sent again.
        or (excluded.version = receipt.version and excluded.run_number > receipt.run_number)
      returning 1`;

/**
 * Settles a batch whose rows are all accepted, which most are, without locking the run before its results and receipts are
 * written: batches in flight would otherwise write them one after the other. The run's counts are updated last. That also checks the
 * lease, after waiting for other writes of the run.
 *
 * The run is locked first with a lock that only a claim and the end of the run conflict with. So no other worker takes the run while a
 * settlement of an earlier lease is in flight: its writes lock the run before the results, and each would wait for the other.
 *
 * @returns false if it was not settled, and nothing was written: the lease was lost, or the batch is done, or its open rows are not
 *   those that were sent.
 */
export async function settleAccepted(db: LedgerConnection, lease: Lease, batch: Batch): Promise<boolean> {
  const count = batch.rows.length;
  try {
    await sql`
      with held as materialized (
        select number, build_version, accepted_shrink_percent, accepted_shrink_minimum
        from ledger.push_runs where ${isHeldBy(lease)} for key share
      ), batch as materialized (
        select push_batches.* from ledger.push_batches join held on run_number = held.number
        where push_batches.number = ${batch.number} and not is_done
      ), ${openRows}, ended as (
        insert into ledger.push_results (run_number, iteration_id, state)
        select run_number, iteration_id, 'ACCEPTED' from open_rows
        returning 1
      ), received as (
        ${receivedRows(sql`open_rows cross join held`)}
      ), counted as (
        update ledger.push_runs set accepted = accepted + ${count}
        where ${isHeldBy(lease)} and (select count(*) from ended) = ${count}
          -- Always true; makes it wait for the receipts.
          and (select count(*) from received) >= 0
        returning number
      ), closed as (
        -- Locked after the run, as by other writes.
        update ledger.push_batches as done set is_done = true from counted
        where done.run_number = counted.number and done.number = ${batch.number}
      )
      -- Fails, which undoes all of it, if the run was not updated.
      select 1 / count(*) from counted`.execute(db);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && unsettled.has(error.code)) return false;
    throw error;
  }
}

/** Division by zero, and a result that is there already: a repetition, which waited for the first attempt. */
const unsettled: ReadonlySet<unknown> = new Set(['22012', '23505']);
