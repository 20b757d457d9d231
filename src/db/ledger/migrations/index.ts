import type { Kysely } from 'kysely';
import {
  type Migration,
  type MigrationProvider,
  type MigrationResultSet,
  Migrator,
  NO_MIGRATIONS,
} from 'kysely/migration';
import { ledgerSchema } from '../tables.ts';
import { LedgerSetupError } from '../target.ts';
import { pushes } from './2026-02-01-pushes.ts';
import { cancelledBy } from './2026-02-20-cancelled-by.ts';
import { rowsDeleted } from './2026-02-21-rows-deleted.ts';
import { nextAttempt } from './2026-03-01-next-attempt.ts';
import { gone } from './2026-11-27-gone.ts';
import { peakConversions } from './2026-11-27-peak-conversions.ts';
import { requestNote } from './2026-11-28-request-note.ts';
import { refusedRows } from './2026-11-29-refused-rows.ts';
import { runSignals } from './2026-11-29-run-signals.ts';
import { receiptSpace } from './2026-11-30-receipt-space.ts';
import { savedQueries } from './2026-11-30-saved-queries.ts';

/** Migrations run in the order of their names. They are listed here because the bundled build has no folder to read. */
const migrations: Readonly<Record<string, Migration>> = {
  '2026-02-01-pushes': pushes,
  '2026-02-20-cancelled-by': cancelledBy,
  '2026-02-21-rows-deleted': rowsDeleted,
  '2026-03-01-next-attempt': nextAttempt,
  '2026-11-27-gone': gone,
  '2026-11-27-peak-conversions': peakConversions,
  '2026-11-28-request-note': requestNote,
  '2026-11-29-refused-rows': refusedRows,
  '2026-11-29-run-signals': runSignals,
  '2026-11-30-receipt-space': receiptSpace,
  '2026-11-30-saved-queries': savedQueries,
};

const provider: MigrationProvider = { getMigrations: async () => ({ ...migrations }) };

/** latest: to the newest migration; none: back to an empty database. */
export type Direction = 'latest' | 'none';

/**
 * Migrates the ledger's tables up or down. Several processes may call it at once: the first migrates, the others wait for it.
 *
 * @throws {LedgerSetupError} if the ledger has migrations that this version does not know.
 */
export async function migrate<Tables>(db: Kysely<Tables>, direction: Direction): Promise<void> {
  const migrator = new Migrator({ db, provider, migrationTableSchema: ledgerSchema });
  const { error }: MigrationResultSet =
    direction === 'latest' ? await migrator.migrateToLatest() : await migrator.migrateTo(NO_MIGRATIONS);
  if (error === undefined) return;
  if (error instanceof Error && error.message.startsWith('corrupted migrations')) {
    throw new LedgerSetupError(
      `A newer version of the service has migrated the ledger (${error.message}). Run that version or a later one.`,
      { cause: error },
    );
  }
  throw error;
}
