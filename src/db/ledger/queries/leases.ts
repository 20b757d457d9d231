import { type RawBuilder, sql } from 'kysely';
import type { Lease, Wait } from '../../../push/ports.ts';
import type { BreakerState, RunState } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { storableText } from '../values.ts';

/** Whether a lease is still held: no other worker has claimed the run since, and the run has not ended. */
export const isHeldBy = ({ runId, worker, fence }: Lease): RawBuilder<boolean> =>
  sql`id = ${runId} and lease_worker = ${worker} and fence = ${fence} and state = 'RUNNING'`;

// clock_timestamp(), not now(): a statement that waited for a lock must write the time after the wait.
const fromNow = (milliseconds: number) => sql`clock_timestamp() + ${milliseconds} * interval '1 millisecond'`;

/**
 * Claims the first running run without a valid lease, and without a write in flight; null if there is none. Its lock, unlike that of
 * the writes under a lease, also conflicts with `for key share`, the lock of `settleAccepted`.
 */
export async function claimRun(db: LedgerConnection, worker: string, milliseconds: number): Promise<Lease | null> {
  const { rows } = await sql<{ id: string; fence: string }>`
    update ledger.push_runs set lease_worker = ${worker}, lease_until = ${fromNow(milliseconds)}, fence = fence + 1
    where number = (
      select number from ledger.push_runs
      where state = 'RUNNING' and (lease_until is null or lease_until <= clock_timestamp())
      order by number limit 1
      for update skip locked
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

/** Records when a waiting run sends its next request and why it waits (null: it does not wait), and the circuit breaker. */
export async function recordRunWait(
  db: LedgerConnection,
  lease: Lease,
  wait: Wait | null,
  breaker: BreakerState,
): Promise<boolean> {
  const { rows } = await sql`
    update ledger.push_runs set next_attempt_at = ${wait && fromNow(wait.milliseconds)},
      next_attempt_cause = ${wait?.cause ?? null}, circuit_breaker = ${breaker === 'CLOSED' ? null : breaker}
    where ${isHeldBy(lease)} returning number`.execute(db);
  return rows.length === 1;
}

/** Ends a request to resume a run: it no longer waits, and all its batches are due. */
export async function recordResumedRun(db: LedgerConnection, lease: Lease): Promise<boolean> {
  const { rows } = await sql`
    with held as (
      update ledger.push_runs set is_resume_requested = false, next_attempt_at = null, next_attempt_cause = null
      where ${isHeldBy(lease)} returning number
    ), due as (
      update ledger.push_batches set ready_at = clock_timestamp() from held
      where run_number = held.number and not is_done and ready_at > clock_timestamp()
    )
    select number from held`.execute(db);
  return rows.length === 1;
}

export async function releaseLease(db: LedgerConnection, lease: Lease): Promise<void> {
  await sql`update ledger.push_runs set lease_worker = null, lease_until = null where ${isHeldBy(lease)}`.execute(db);
}

/**
 * Ends a run. Its state follows from its counts. A run that is not a retry fails if some of its rows are stale and none is
 * accepted: they were the newest, so none should be stale. Rows without a result that AdSuite may have received end UNKNOWN,
 * with the run's last failure. `reason` is kept if rows without a result remain.
 *
 * Settlements may be in flight, which a lost connection left behind. It waits for them in a statement of its own, by the same lock as
 * a claim, so that the next one sees what they wrote.
 *
 * @param db a transaction.
 */
export async function finishRun(
  db: LedgerConnection,
  lease: Lease,
  end: 'done' | 'cancelled' | 'gave up',
  reason: string | null,
): Promise<RunState | null> {
  await sql`select from ledger.push_runs where ${isHeldBy(lease)} for update`.execute(db);
  const { rows } = await sql<{ state: RunState }>`
    with held as materialized (
      select number, last_failure, case
        when ${end === 'cancelled'} then 'CANCELLED'
        when accepted + stale + gone = planned and (stale = 0 or accepted > 0 or retry_of is not null) then 'SUCCEEDED'
        when accepted > 0 then 'PARTIAL'
        else 'FAILED'
      end as state
      from ledger.push_runs where ${isHeldBy(lease)}
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
      lease_worker = null, lease_until = null, next_attempt_at = null, next_attempt_cause = null,
      circuit_breaker = null, is_resume_requested = false
    from held where run.number = held.number
    returning run.state`.execute(db);
  return rows[0]?.state ?? null;
}

/** Requests the end of a running run; false if it is not running. The first request is kept. */
export async function requestCancel(db: LedgerConnection, runId: string, by: string): Promise<boolean> {
  const { rows } = await sql`
    update ledger.push_runs set cancelled_at = coalesce(cancelled_at, clock_timestamp()),
      cancelled_by = case when cancelled_at is null then ${by} else cancelled_by end
    where id = ${runId} and state = 'RUNNING' returning number`.execute(db);
  return rows.length === 1;
}

/** Requests that a running run ends its wait; false if it is not running. The last request is kept. */
export async function requestResume(db: LedgerConnection, runId: string, by: string): Promise<boolean> {
  const { rows } = await sql`
    update ledger.push_runs set is_resume_requested = true, resumed_at = clock_timestamp(), resumed_by = ${by}
    where id = ${runId} and state = 'RUNNING' returning number`.execute(db);
  return rows.length === 1;
}
