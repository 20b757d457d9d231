import { execFileSync } from 'node:child_process';
import { LocalError } from '../errors.ts';

/** A user and its primary group, as `spawn` takes them. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user that PostgreSQL runs as: null for the user of this process. PostgreSQL refuses to run as root; for root it is
 * the user `postgres`, which is created if it does not exist.
 *
 * @throws {LocalError} if the user can't be created.
 */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  return lookUp() ?? create();
}

function create(): ServerUser {
  try {
    const options = ['--system', '--user-group', '--shell', '/usr/sbin/nologin'];
    execFileSync('useradd', [...options, 'postgres'], { stdio: 'ignore' });
  } catch {
    // It also fails if another process creates the user at the same time.
  }
  const user = lookUp();
  if (user !== null) return user;
  throw new LocalError(
    'PostgreSQL can\'t run as root, and the user "postgres" to run it as could not be created. Create it, or start as another user.',
  );
}

/** Null if there is no such user. */
function lookUp(): ServerUser | null {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}
