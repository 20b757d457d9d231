import { sql } from 'kysely';
import type { Lease } from '../../../push/ports.ts';
import type { RunState } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { storableText } from '../values.ts';
import { isHeldBy } from './fenced-write.ts';

// Times are clock_timestamp(), not now(): a statement that had to wait must not write the time at which it began to.
const fromNow = (milliseconds: number) => sql`clock_timestamp() + ${milliseconds} * interval '1 millisecond'`;

/** Takes a running run whose lease nobody holds; null where there is none. */
export async function claimRun(db: LedgerConnection, worker: string, milliseconds: number): Promise<Lease | null> {
  const { rows } = await sql<{ id: string; fence: string }>`
    update ledger.push_runs set lease_worker = ${worker}, lease_until = ${fromNow(milliseconds)}, fence = fence + 1
    where number = (
      select number from ledger.push_runs
      where state = 'RUNNING' and (lease_until is null or lease_until <= clock_timestamp())
      order by number limit 1
      for no key update skip locked
    )
    returning id, fence`.execute(db);
  const [row] = rows;
  return row ? { runId: row.id, worker, fence: Number(row.fence) } : null;
}

export async function renewLease(db: LedgerConnection, lease: Lease, milliseconds: number): Promise<boolean> {
  const { rows } = await sql`
    update ledger.push_runs set lease_until = ${fromNow(milliseconds)} where ${isHeldBy(lease)} returning number`.execute(
    db,
  );
  return rows.length === 1;
}

/** Records when the run that waits sends its next request. */
export async function recordNextAttempt(db: LedgerConnection, lease: Lease, milliseconds: number): Promise<boolean> {
  const { rows } = await sql`
    update ledger.push_runs set next_attempt_at = ${fromNow(milliseconds)} where ${isHeldBy(lease)}
    returning number`.execute(db);
  return rows.length === 1;
}

export async function releaseLease(db: LedgerConnection, lease: Lease): Promise<void> {
  await sql`update ledger.push_runs set lease_worker = null, lease_until = null where ${isHeldBy(lease)}`.execute(db);
}

/**
 * Ends a run, in the state that follows from its counts: of a run that is no retry AdSuite must have accepted something, as
 * its rows were the newest that there are. Rows without a result end UNKNOWN, with the last reason, where they may have
 * reached AdSuite. The reason is that of the rows which have no word of AdSuite's; where each has one, there is none to keep.
 */
export async function finishRun(
  db: LedgerConnection,
  lease: Lease,
  end: 'done' | 'cancelled' | 'gave up',
  reason: string | null,
): Promise<RunState | null> {
  const { rows } = await sql<{ state: RunState }>`
    with held as materialized (
      select number, last_failure, case
        when ${end === 'cancelled'} then 'CANCELLED'
        when accepted + stale = planned and (accepted > 0 or retry_of is not null) then 'SUCCEEDED'
        when accepted > 0 then 'PARTIAL'
        else 'FAILED'
      end as state
      from ledger.push_runs where ${isHeldBy(lease)} for no key update
    ), doubtful as (
      insert into ledger.push_results (run_number, iteration_id, state, message)
      select held.number, planned.iteration_id, 'UNKNOWN', held.last_failure
      from held join ledger.push_batches as batch on batch.run_number = held.number and not is_done and may_have_arrived
      join ledger.push_rows as planned on planned.run_number = held.number
        and planned.iteration_id between batch.first_id and batch.last_id
      where not exists (
        select from ledger.push_results as ended
        where ended.run_number = planned.run_number and ended.iteration_id = planned.iteration_id
      )
      returning iteration_id
    )
    update ledger.push_runs as run set
      unknown = unknown + (select count(*) from doubtful), state = held.state, finished_at = clock_timestamp(),
      finish_reason = case when exists (
        select from ledger.push_batches where run_number = held.number and not is_done
      ) then ${reason === null ? null : storableText(reason)} end,
      lease_worker = null, lease_until = null, next_attempt_at = null
    from held where run.number = held.number
    returning run.state`.execute(db);
  return rows[0]?.state ?? null;
}

/** Asks a running run to stop; false where it does not run. Who asked first is kept. */
export async function requestCancel(db: LedgerConnection, runId: string, by: string): Promise<boolean> {
  const { rows } = await sql`
    update ledger.push_runs set cancelled_at = coalesce(cancelled_at, clock_timestamp()),
      cancelled_by = case when cancelled_at is null then ${by} else cancelled_by end
    where id = ${runId} and state = 'RUNNING' returning number`.execute(db);
  return rows.length === 1;
}
