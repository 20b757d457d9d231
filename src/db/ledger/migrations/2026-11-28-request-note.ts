import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What an authenticated caller states about a run. Before callers were authenticated, it was in `requested_by`, where an older
 * version still writes it.
 */
export const requestNote: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs add column request_note text check (request_note <> '')`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs drop column request_note`.execute(db);
  },
};
