import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * When a run that waits sends its next request. No constraint says that only a running run has one: a version without this
 * column, which may still be at work on the same ledger, does not clear it. Readers look at the run's state.
 */
export const nextAttempt: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs add column next_attempt_at timestamptz`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs drop column next_attempt_at`.execute(db);
  },
};
