import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * When a waiting run sends its next request. No constraint limits it to running runs: an older version that still uses the
 * same ledger does not clear it. Readers must check the run's state.
 */
export const nextAttempt: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs add column next_attempt_at timestamptz`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs drop column next_attempt_at`.execute(db);
  },
};
