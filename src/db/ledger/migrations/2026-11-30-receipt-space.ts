import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Leaves half of each page of receipts free, so that a push that updates all receipts finds space for the new versions next to the
 * old ones: then the index is not updated, and the next push reuses the space without a vacuum. It applies to pages that are
 * written from now on; existing receipts move to such pages with their next update.
 */
export const receiptSpace: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`alter table ledger.push_receipts set (fillfactor = 50)`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    await sql`alter table ledger.push_receipts reset (fillfactor)`.execute(db);
  },
};
