import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * When the first of a run's rows were deleted: from then on none of its rows are shown. The index contains the runs that
 * still have rows, by their end, so that pruning finds the oldest ones first.
 */
export const rowsDeleted: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      alter table ledger.push_runs
        add column rows_deleted_at timestamptz,
        add column rows_are_gone boolean not null default false,
        add constraint push_runs_rows_stay_till_the_end check (
          finished_at is not null or (rows_deleted_at is null and not rows_are_gone)
        )`.execute(db);
    await sql`create index push_runs_with_rows on ledger.push_runs (finished_at) where not rows_are_gone`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    await sql`
      alter table ledger.push_runs drop column rows_deleted_at, drop column rows_are_gone`.execute(db);
  },
};
