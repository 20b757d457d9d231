import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedStoreError, reasonOf } from './embedded-error.ts';

export interface FolderLock {
  release(): void;
}

/**
 * Takes the exclusive lock of a store's folder. Throws an error that names the holder if the lock is taken.
 *
 * The lock is an operating-system lock that SQLite holds on an empty file during an open transaction, because Node has
 * no file locks. It is released when the process ends for any reason, and a reused process id can't fake it. No other
 * code may open the file `lock`: closing any handle on it in this process would release a POSIX lock. So the holder's
 * process id is in a second file.
 */
export function lockFolder(folder: string, now: Date): FolderLock {
  const owner = join(folder, 'owner.json');
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
    database.exec('begin exclusive');
    const written = `${owner}.new`;
    writeFileSync(written, JSON.stringify({ pid: process.pid, since: now.toISOString() }));
    renameSync(written, owner);
  } catch (error) {
    database?.close();
    if (isBusy(error)) throw new EmbeddedStoreError(inUse(folder, owner));
    throw new EmbeddedStoreError(
      `The data folder ${folder} can't be locked (${reasonOf(error)}). ` +
        'Make it writable and check that the disk is not full, or set DATA_DIR to another folder.',
    );
  }
  const held = database;
  return {
    release() {
      if (!held.isOpen) return;
      rmSync(owner, { force: true });
      held.close();
    },
  };
}

const sqliteBusy = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}

function inUse(folder: string, owner: string): string {
  let holder = 'another process';
  try {
    const { pid, since } = JSON.parse(readFileSync(owner, 'utf8')) as { pid: unknown; since: unknown };
    holder = `process ${pid} (since ${since})`;
  } catch {
    // The other process has taken the lock but not written its process id yet.
  }
  return `The data folder ${folder} is in use by ${holder}. Stop that process, or set DATA_DIR to another folder.`;
}
