import type { Kysely } from 'kysely';
import {
  type Migration,
  type MigrationProvider,
  type MigrationResultSet,
  Migrator,
  NO_MIGRATIONS,
} from 'kysely/migration';
import { ledgerSchema } from '../tables.ts';
import { LedgerUnusable } from '../unusable.ts';
import { pushes } from './2026-02-01-pushes.ts';
import { cancelledBy } from './2026-02-20-cancelled-by.ts';
import { rowsDeleted } from './2026-02-21-rows-deleted.ts';
import { nextAttempt } from './2026-03-01-next-attempt.ts';

/** Every migration by its name, in whose order they run. Named here, as the build knows no folders. */
const migrations: Readonly<Record<string, Migration>> = {
  '2026-02-01-pushes': pushes,
  '2026-02-20-cancelled-by': cancelledBy,
  '2026-02-21-rows-deleted': rowsDeleted,
  '2026-03-01-next-attempt': nextAttempt,
};

const provider: MigrationProvider = { getMigrations: async () => ({ ...migrations }) };

/** Which way to bring a ledger: to what this version needs, or back to nothing. */
export type Direction = 'latest' | 'none';

/**
 * Brings the ledger's tables up or down. Several may do so at once: the first does it, the others wait and find it done.
 *
 * @throws what the database says; LedgerUnusable where the ledger has migrations that this version does not know.
 */
export async function migrate<Tables>(db: Kysely<Tables>, direction: Direction): Promise<void> {
  const migrator = new Migrator({ db, provider, migrationTableSchema: ledgerSchema });
  const { error }: MigrationResultSet =
    direction === 'latest' ? await migrator.migrateToLatest() : await migrator.migrateTo(NO_MIGRATIONS);
  if (error === undefined) return;
  if (error instanceof Error && error.message.startsWith('corrupted migrations')) {
    throw new LedgerUnusable(
      `The ledger was changed by another version of the service (${error.message}). Run that version, or one that follows it.`,
      { cause: error },
    );
  }
  throw error;
}
