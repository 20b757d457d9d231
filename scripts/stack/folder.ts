import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FolderLock, lockFolder } from '../../src/embedded/lock.ts';
import { reasonOf, StackError } from './errors.ts';
import { requireWayIn, type ServerUser } from './server-user.ts';

/**
 * Makes the stack's folder and takes its lock, so that no two stacks run on it. Writes nothing into a folder that holds
 * anything else. Throws a StackError, or the lock's own error that names who holds it.
 */
export function openFolder(folder: string, user: ServerUser | null): FolderLock {
  try {
    if (existsSync(folder) && !existsSync(join(folder, 'lock')) && readdirSync(folder).length > 0) {
      throw new StackError(`${folder} is not empty and was not made by the stack. Choose another DATA_DIR.`);
    }
    mkdirSync(folder, { recursive: true });
    // The user whom root hands the servers to must get through to their data; the secrets have rights of their own.
    chmodSync(folder, user === null ? 0o700 : 0o711);
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new StackError(`The folder ${folder} can't be used (${reasonOf(error)}). Choose another DATA_DIR.`);
  }
  requireWayIn(folder, user);
  return lockFolder(folder, new Date());
}
