import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LocalError, reasonOf } from '../../local/errors.ts';
import type { ServerUser } from '../../local/postgres/server-user.ts';
import { barrierTo } from '../../local/postgres/server-user.ts';
import { type FolderLock, lockFolder } from '../../src/embedded/lock.ts';

/**
 * Creates the stack's folder and locks it, so that only one stack uses it.
 *
 * @param user who runs the servers; null is the user of this process
 * @throws {LocalError} if the folder contains other files, can't be created, or `user` may not enter it
 * @throws {EmbeddedStoreError} if it is locked, with the process that holds the lock
 */
export function openFolder(folder: string, user: ServerUser | null): FolderLock {
  try {
    if (existsSync(folder) && !existsSync(join(folder, 'lock')) && readdirSync(folder).length > 0) {
      throw new LocalError(`${folder} contains files that are not the stack's. Choose another DATA_DIR.`);
    }
    if (user === null) {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o700);
    } else {
      requireAccess(dirname(folder), user);
      makeEnterable(folder);
      // It may be a symbolic link.
      requireAccess(folder, user);
    }
  } catch (error) {
    if (error instanceof LocalError) throw error;
    throw new LocalError(`The folder ${folder} can't be used (${reasonOf(error)}). Choose another DATA_DIR.`);
  }
  return lockFolder(folder, new Date());
}

function requireAccess(folder: string, user: ServerUser): void {
  const barrier = barrierTo(folder, user);
  if (barrier === null) return;
  throw new LocalError(
    `PostgreSQL can't run as root, so it runs as the user postgres, who may not enter ${barrier}. Keep the stack's data elsewhere: DATA_DIR=/var/lib/attribution npm run stack`,
  );
}

/**
 * Creates a folder and its missing parents so that other users may pass through them, regardless of the umask. Files that
 * other users must not read, such as the passwords, have their own mode.
 */
function makeEnterable(folder: string): void {
  const highest = mkdirSync(folder, { recursive: true }) ?? folder;
  for (let each = folder; each.length >= highest.length; each = dirname(each)) chmodSync(each, 0o711);
}
