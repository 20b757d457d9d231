import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, EmbeddedStoreError, reasonOf } from './embedded-error.ts';
import type { EmbeddedStoreKind } from './store-kind.ts';

/** The PostgreSQL major version inside the PGlite that package.json names. */
const postgresMajor = '18';
const controlFileBytes = 8192;

export interface DatabaseFolder {
  /** PGlite's files. */
  readonly path: string;
  /** False when PGlite has to make a new database first, which takes seconds. */
  readonly exists: boolean;
  /** To be called once the database has been opened for the first time. */
  created(): void;
}

/**
 * Makes a store's own folder inside DATA_DIR, and answers its path. Writes nothing into a folder that holds
 * anything else than this service's stores.
 */
export function prepareFolder(dataDir: string, { name }: EmbeddedStoreKind): string {
  const folder = join(dataDir, name);
  try {
    const entries = existsSync(dataDir) ? readdirSync(dataDir) : [];
    const ours = existsSync(join(folder, 'lock'));
    const strangers = entries.filter((entry) => !/^(warehouse|ledger|sandbox|stack)([.-].*)?$/.test(entry));
    if (!ours && strangers.length > 0) {
      throw new EmbeddedStoreError(
        `${dataDir} holds files that are not this service's (${strangers.slice(0, 3).join(', ')}). ` +
          'Choose an empty or new folder as DATA_DIR.',
      );
    }
    if (!ours && existsSync(folder) && readdirSync(folder).length > 0) {
      throw new EmbeddedStoreError(`${folder} is not empty and was not made by this service. Choose another DATA_DIR.`);
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof EmbeddedStoreError) throw error;
    throw new EmbeddedStoreError(unusable(dataDir, error));
  }
  return folder;
}

/** Looks at the database files (the folder's lock must be held) and refuses what PGlite could only choke on. */
export function databaseFolder(folder: string, kind: EmbeddedStoreKind): DatabaseFolder {
  const path = join(folder, 'postgres');
  const unfinished = join(folder, 'initializing');
  try {
    // A first start that was killed leaves half a database that never held anything: ours to begin again.
    if (existsSync(unfinished)) rmSync(path, { recursive: true, force: true });
    const exists = existsSync(path);
    if (exists) inspect(path, kind);
    else {
      writeFileSync(unfinished, '');
      mkdirSync(path, { mode: 0o700 });
    }
    return { path, exists, created: () => rmSync(unfinished, { force: true }) };
  } catch (error) {
    if (error instanceof EmbeddedStoreError) throw error;
    throw damaged(path, reasonOf(error), kind);
  }
}

/** The error for database files that can't be used; the folder is left as it is. */
export function damaged(path: string, why: string, { name, remedy }: EmbeddedStoreKind): EmbeddedStoreError {
  return new EmbeddedStoreError(`The embedded ${name} in ${path} can't be opened: ${why}. ${remedy}`);
}

function inspect(path: string, kind: EmbeddedStoreKind): void {
  if (!statSync(path).isDirectory()) throw damaged(path, 'it is a file, not a folder', kind);
  // A folder without the rights PostgreSQL insists on (say, after being copied) is mended rather than refused.
  chmodSync(path, 0o700);
  const version = read(join(path, 'PG_VERSION'))?.trim();
  if (version === undefined) throw damaged(path, 'PG_VERSION is missing, so it is no database folder', kind);
  if (version !== postgresMajor) {
    throw damaged(path, `it was written by PostgreSQL ${version}, and this version reads ${postgresMajor}`, kind);
  }
  const control = statSync(join(path, 'global', 'pg_control'), { throwIfNoEntry: false });
  if (control === undefined) throw damaged(path, 'global/pg_control is missing', kind);
  if (control.size !== controlFileBytes) throw damaged(path, 'global/pg_control is cut off', kind);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function unusable(dataDir: string, error: unknown): string {
  switch (codeOf(error)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return `DATA_DIR ${dataDir} is a file, or lies in one. Choose a folder.`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `DATA_DIR ${dataDir} can't be written. Give this user the right to, or choose another folder.`;
    default:
      return `DATA_DIR ${dataDir} can't be used (${reasonOf(error)}). Choose another folder.`;
  }
}
