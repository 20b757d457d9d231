import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Who cancelled a run. Of those that were cancelled before, nobody knows; so a version without it, which may still be at
 * work on the same ledger, can cancel too.
 */
export const cancelledBy: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      alter table ledger.push_runs
        add column cancelled_by text check (cancelled_by <> ''),
        add constraint push_runs_cancel_has_a_time check (cancelled_by is null or cancelled_at is not null)`.execute(
      db,
    );
  },

  async down(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs drop column cancelled_by`.execute(db);
  },
};
