import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The highest number of conversions that AdSuite accepted for an iteration, so that a guard finds a slow drain, of which each
 * push takes little.
 *
 * Null is the number in `values`, which existing receipts have, and those that were accepted once.
 *
 * A run whose override accepts the losses has the limits that they exceed. Null: it accepts none, like a run that an older
 * version inserts.
 */
export const peakConversions: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      alter table ledger.push_runs
        add column accepted_shrink_percent integer,
        add column accepted_shrink_minimum integer,
        add constraint push_runs_accepted_shrink_is_whole check (
          (accepted_shrink_percent is null) = (accepted_shrink_minimum is null)
        )`.execute(db);
    await sql`alter table ledger.push_receipts add column peak_conversions bigint check (peak_conversions >= 0)`.execute(
      db,
    );
  },

  async down(db: Kysely<unknown>) {
    // Dropping a column also drops the constraints that use it.
    await sql`
      alter table ledger.push_runs drop column accepted_shrink_percent, drop column accepted_shrink_minimum`.execute(
      db,
    );
    await sql`alter table ledger.push_receipts drop column peak_conversions`.execute(db);
  },
};
