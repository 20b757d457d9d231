import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * A refused run keeps the rows that it would have sent, so that they can be reviewed before an override. Nothing of it was
 * sent, and nothing can be: only RUNNING runs are delivered.
 *
 * Down, these rows are deleted, because the older version shows the rows of a refused run as if they were to be sent.
 */
export const refusedRows: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      alter table ledger.push_runs
        drop constraint push_runs_refused_is_empty,
        add constraint push_runs_refused_sends_nothing check (
          state <> 'REFUSED' or sent + attempts + accepted + stale + gone + rejected + unknown = 0
        )`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    for (const table of ['push_rows', 'push_batches']) {
      await sql`
        delete from ${sql.table(`ledger.${table}`)} as kept using ledger.push_runs as run
        where run.number = kept.run_number and run.state = 'REFUSED'`.execute(db);
    }
    await sql`update ledger.push_runs set planned = 0, batches = 0 where state = 'REFUSED'`.execute(db);
    await sql`
      alter table ledger.push_runs
        drop constraint push_runs_refused_sends_nothing,
        add constraint push_runs_refused_is_empty check (state <> 'REFUSED' or planned = 0)`.execute(db);
  },
};
