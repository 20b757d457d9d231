import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedStoreError, reasonOf } from './embedded-error.ts';

export interface FolderLock {
  release(): void;
}

/**
 * Takes the exclusive lock of a folder of ours, or says who holds it.
 *
 * The lock is an operating-system lock that SQLite holds on an empty file for as long as its transaction is open: it
 * goes with the process however that ends, and a process id that was given out again can't fake it. Node has no file
 * locks of its own. Nothing else may ever open the file `lock`: closing any handle on it in this process would
 * drop a POSIX lock. That is why the holder's name stands in a second file.
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
        'Make it writable and see that the disk is not full, or choose another DATA_DIR.',
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
    // The other process is between taking the lock and writing its name.
  }
  return `The data folder ${folder} is in use by ${holder}. Stop that process, or choose another DATA_DIR.`;
}
