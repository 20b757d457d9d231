import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LocalError, reasonOf } from '../../local/errors.ts';
import { barrierTo } from '../../local/postgres/access.ts';
import type { ServerUser } from '../../local/postgres/server-user.ts';
import { type FolderLock, lockFolder } from '../../src/embedded/lock.ts';
import { StackError } from './errors.ts';

/**
 * Makes the stack's folder and takes its lock, so that no two stacks run on it. Writes nothing into a folder that holds
 * anything else, nor into one that `user`, who runs the servers, may not enter. Throws a StackError, or the lock's own
 * error that names who holds it.
 */
export function openFolder(folder: string, user: ServerUser | null): FolderLock {
  try {
    if (existsSync(folder) && !existsSync(join(folder, 'lock')) && readdirSync(folder).length > 0) {
      throw new StackError(`${folder} is not empty and was not made by the stack. Choose another DATA_DIR.`);
    }
    if (user === null) {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o700);
    } else {
      requireWayIn(dirname(folder), user);
      makeEnterable(folder);
      // It may be a symbolic link.
      requireWayIn(folder, user);
    }
  } catch (error) {
    if (error instanceof LocalError) throw error;
    throw new StackError(`The folder ${folder} can't be used (${reasonOf(error)}). Choose another DATA_DIR.`);
  }
  return lockFolder(folder, new Date());
}

function requireWayIn(folder: string, user: ServerUser): void {
  const barrier = barrierTo(folder, user);
  if (barrier === null) return;
  throw new StackError(
    `PostgreSQL can't run as root, so it runs as the user postgres, who may not enter ${barrier}. Keep the stack's data elsewhere: DATA_DIR=/var/lib/attribution npm run stack`,
  );
}

/**
 * Makes a folder, and those above it, so that other users may pass through it, whatever the umask of this process. What
 * they may not read there, as the secrets, has rights of its own.
 */
function makeEnterable(folder: string): void {
  const highest = mkdirSync(folder, { recursive: true }) ?? folder;
  for (let made = folder; made.length >= highest.length; made = dirname(made)) chmodSync(made, 0o711);
}
