import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';

/**
 * The folder of an empty database, which `npm run build` creates in dist/ with scripts/empty-database.ts. A new store is a copy
 * of it: initdb takes seconds, and a second PGlite whose memory is only freed when the process ends. Each version of PGlite has
 * a folder of its own.
 */
export function emptyDatabaseFolder(): string {
  const description = findPackageJSON('@electric-sql/pglite', import.meta.url);
  if (description === undefined) throw new Error('PGlite is not installed');
  const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version: string };
  // The same from src/embedded and from dist/embedded.
  return join(import.meta.dirname, '../../dist/empty-database', version);
}

/** The empty database to copy; null if it was not built, so that PGlite has to create one. */
export function builtEmptyDatabase(): string | null {
  const folder = emptyDatabaseFolder();
  return existsSync(folder) ? folder : null;
}
