import { type SqlBool, sql } from 'kysely';
import type { RunRecord } from '../../../push/ledger.ts';
import type { LedgerConnection } from '../database.ts';
import { runColumns, toRun } from './runs.ts';

/**
 * Takes the first run that has ended and whose end was not reported. A process that ends after this statement, and before it
 * reports the run, leaves it unreported: to mark the run afterwards could report it twice.
 */
export async function takeEndedRun(db: LedgerConnection): Promise<RunRecord | null> {
  const taking = db.with(
    'taken',
    () => sql<{ number: string }>`(
      update ledger.push_runs set reported_at = clock_timestamp() where number = (
        select number from ledger.push_runs
        where reported_at is null and finished_at is not null and not dry_run
        order by number limit 1 for no key update skip locked
      )
      returning number
    )`,
  );
  const run = await runColumns(taking).where(sql<SqlBool>`run.number = (select number from taken)`).executeTakeFirst();
  return run ? toRun(run) : null;
}
