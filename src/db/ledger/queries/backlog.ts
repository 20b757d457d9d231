import { sql } from 'kysely';
import type { LedgerConnection } from '../database.ts';

/** What running pushes still have to deliver. */
export interface Backlog {
  /** Rows of running runs that have no result. */
  readonly pendingRows: number;
  /** How long ago the oldest running run started, in seconds; null if none is running. */
  readonly oldestSeconds: number | null;
}

/** Reads the running runs only, by an index. */
export async function readBacklog(db: LedgerConnection): Promise<Backlog> {
  const { rows } = await sql<{ pending: number; oldest: number | null }>`
    select coalesce(sum(planned - accepted - stale - gone - rejected - unknown), 0)::float8 as pending,
      greatest(0, extract(epoch from clock_timestamp() - min(started_at)))::float8 as oldest
    from ledger.push_runs where state = 'RUNNING'`.execute(db);
  const [row] = rows;
  // greatest() ignores nulls.
  return { pendingRows: row?.pending ?? 0, oldestSeconds: row && row.pending > 0 ? row.oldest : null };
}
