import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Rows that are GONE: AdSuite does not have the iteration. The iterations of a few that have values are kept with the run,
 * because a query for them would read all of its GONE rows.
 *
 * An older version that still uses the same ledger inserts neither, so both columns have defaults.
 *
 * Down, a GONE row becomes REJECTED, which it was for the older version, and a run that succeeded with such rows becomes
 * PARTIAL or FAILED. Receipts that were deleted are not restored.
 */
export const gone: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      alter table ledger.push_runs
        add column gone bigint not null default 0 check (gone >= 0),
        add column gone_with_values bigint[] not null default '{}',
        drop constraint push_runs_counts_fit,
        add constraint push_runs_counts_fit check (accepted + stale + gone + rejected + unknown <= planned),
        drop constraint push_runs_success_is_whole,
        add constraint push_runs_success_is_whole check (
          state <> 'SUCCEEDED' or dry_run or accepted + stale + gone = planned
        )`.execute(db);
    // Not validated: every result is in one of the former states, and the check would read them all under an exclusive
    // lock, while a running older version can't renew its lease.
    await setResultStates(db, ['ACCEPTED', 'STALE', 'GONE', 'REJECTED', 'UNKNOWN'], sql`not valid`);
  },

  async down(db: Kysely<unknown>) {
    await sql`update ledger.push_results set state = 'REJECTED' where state = 'GONE'`.execute(db);
    await sql`
      update ledger.push_runs set rejected = rejected + gone, gone = 0, state = case
        when state <> 'SUCCEEDED' then state when accepted > 0 then 'PARTIAL' else 'FAILED'
      end where gone > 0`.execute(db);
    // Dropping a column also drops the constraints that use it.
    await sql`
      alter table ledger.push_runs
        drop column gone, drop column gone_with_values,
        add constraint push_runs_counts_fit check (accepted + stale + rejected + unknown <= planned),
        add constraint push_runs_success_is_whole check (state <> 'SUCCEEDED' or dry_run or accepted + stale = planned)`.execute(
      db,
    );
    await setResultStates(db, ['ACCEPTED', 'STALE', 'REJECTED', 'UNKNOWN']);
  },
};

async function setResultStates(
  db: Kysely<unknown>,
  states: readonly string[],
  validity: RawBuilder<unknown> = sql``,
): Promise<void> {
  await sql`
    alter table ledger.push_results
      drop constraint push_results_state_check,
      add constraint push_results_state_check check (state in (${sql.join(states.map((state) => sql.lit(state)))}))
      ${validity}`.execute(db);
}
