import { sql } from 'kysely';
import type { Lease } from '../../../push/ports.ts';
import type { PushState } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { storableText } from '../values.ts';
import { isHeldBy } from './held.ts';

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

export async function releaseLease(db: LedgerConnection, lease: Lease): Promise<void> {
  await sql`update ledger.push_runs set lease_worker = null, lease_until = null where ${isHeldBy(lease)}`.execute(db);
}

/** Ends a run, in the state that follows from its counts. */
export async function finishRun(
  db: LedgerConnection,
  lease: Lease,
  end: 'done' | 'cancelled' | 'gave up',
  reason: string | null,
): Promise<PushState | null> {
  const { rows } = await sql<{ state: PushState }>`
    update ledger.push_runs set
      state = case
        when ${end === 'cancelled'} then 'CANCELLED'
        when accepted + stale = planned then 'SUCCEEDED'
        when accepted > 0 then 'PARTIAL'
        else 'FAILED'
      end,
      finished_at = clock_timestamp(), finish_reason = ${reason === null ? null : storableText(reason)}, lease_worker = null, lease_until = null
    where ${isHeldBy(lease)}
    returning state`.execute(db);
  return rows[0]?.state ?? null;
}

/** Asks a running run to stop; false where it does not run. */
export async function requestCancel(db: LedgerConnection, runId: string): Promise<boolean> {
  const { rows } = await sql`
    update ledger.push_runs set cancelled_at = coalesce(cancelled_at, clock_timestamp())
    where id = ${runId} and state = 'RUNNING' returning number`.execute(db);
  return rows.length === 1;
}
