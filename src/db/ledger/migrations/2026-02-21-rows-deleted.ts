import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Since when a run's rows are not there any more: from the first of them that was deleted on, nobody is shown a part. The
 * index has the runs that still have rows, by their end: whoever looks for old ones finds them at its beginning, however many
 * there were or are kept.
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
