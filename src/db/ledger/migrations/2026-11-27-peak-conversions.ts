import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The highest number of conversions that AdSuite accepted for an iteration, so that a guard finds a slow drain, of which each
 * push takes little.
 *
 * Null is the number in `values`: so existing receipts, and those that an older version inserts, need no other value.
 */
export const peakConversions: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs add column lowers_peaks boolean not null default false`.execute(db);
    await sql`alter table ledger.push_receipts add column peak_conversions bigint check (peak_conversions >= 0)`.execute(
      db,
    );
  },

  async down(db: Kysely<unknown>) {
    await sql`alter table ledger.push_runs drop column lowers_peaks`.execute(db);
    await sql`alter table ledger.push_receipts drop column peak_conversions`.execute(db);
  },
};
