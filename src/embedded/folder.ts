import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { codeOf, EmbeddedStoreError, reasonOf } from './embedded-error.ts';
import type { EmbeddedStoreKind } from './store-kind.ts';

/** The PostgreSQL major version of the installed PGlite. */
const postgresMajor = '18';
const controlFileBytes = 8192;

export interface DatabaseFolder {
  /** PGlite's files. */
  readonly path: string;
  /** False if a new database has to be created. */
  readonly exists: boolean;
  /** Call after the database has been opened for the first time. */
  created(): void;
}

/**
 * Creates a store's folder inside DATA_DIR, and returns its path. Writes nothing into a folder that contains other
 * files than this service's stores.
 */
export function prepareFolder(dataDir: string, { name }: EmbeddedStoreKind): string {
  const folder = join(dataDir, name);
  try {
    const entries = existsSync(dataDir) ? readdirSync(dataDir) : [];
    const ours = existsSync(join(folder, 'lock'));
    const foreign = entries.filter((entry) => !/^(warehouse|ledger|sandbox|stack)([.-].*)?$/.test(entry));
    if (!ours && foreign.length > 0) {
      throw new EmbeddedStoreError(
        `${dataDir} contains files that do not belong to this service (${foreign.slice(0, 3).join(', ')}). ` +
          'Set DATA_DIR to an empty or new folder.',
      );
    }
    if (!ours && existsSync(folder) && readdirSync(folder).length > 0) {
      throw new EmbeddedStoreError(
        `${folder} is not empty and was not created by this service. Set DATA_DIR to another folder.`,
      );
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof EmbeddedStoreError) throw error;
    throw new EmbeddedStoreError(unusable(dataDir, error));
  }
  return folder;
}

/** Inspects the database files, and rejects what PGlite can't open. The folder's lock must be held. */
export function databaseFolder(folder: string, kind: EmbeddedStoreKind): DatabaseFolder {
  const path = join(folder, 'postgres');
  const unfinished = join(folder, 'initializing');
  try {
    // A first start that was killed leaves an incomplete database without data: create it again.
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

/** The error for unusable database files. The folder is left unchanged. */
export function damaged(
  path: string,
  why: string,
  { name, remedy }: EmbeddedStoreKind,
  freeBytes = freeBytesAt(path),
): EmbeddedStoreError {
  const isFull = freeBytes < neededBytes || /no space left/i.test(why);
  const advice = isFull
    ? 'The disk is full: free some space, and start again. The files may well be intact, so delete nothing in DATA_DIR.'
    : remedy;
  return new EmbeddedStoreError(`The embedded ${name} in ${path} can't be opened: ${why}. ${advice}`);
}

/** Two segments of PostgreSQL's log. With less, a database can't be opened, and its error does not always name the cause. */
const neededBytes = 32 * 2 ** 20;

/** Free space for this user; Infinity if it is unknown. */
function freeBytesAt(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function inspect(path: string, kind: EmbeddedStoreKind): void {
  if (!statSync(path).isDirectory()) throw damaged(path, 'it is a file, not a folder', kind);
  // PostgreSQL requires these permissions; copying a folder may have changed them.
  chmodSync(path, 0o700);
  const version = read(join(path, 'PG_VERSION'))?.trim();
  if (version === undefined) throw damaged(path, 'PG_VERSION is missing, so it is not a database folder', kind);
  if (version !== postgresMajor) {
    throw damaged(
      path,
      `it was written by PostgreSQL ${version}, but this service reads PostgreSQL ${postgresMajor}`,
      kind,
    );
  }
  const control = statSync(join(path, 'global', 'pg_control'), { throwIfNoEntry: false });
  if (control === undefined) throw damaged(path, 'global/pg_control is missing', kind);
  if (control.size !== controlFileBytes) throw damaged(path, 'global/pg_control is truncated', kind);
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
      return `DATA_DIR ${dataDir} is a file, or is inside a file. Set it to a folder.`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `DATA_DIR ${dataDir} is not writable. Grant this user write permission, or choose another folder.`;
    default:
      return `DATA_DIR ${dataDir} can't be used (${reasonOf(error)}). Choose another folder.`;
  }
}
