import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Who cancelled a run. It is null for runs cancelled before, and by an older version that still uses the same ledger.
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
