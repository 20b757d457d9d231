import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StackError } from './errors.ts';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who PostgreSQL runs as: null for this process's own user, except that root, whom PostgreSQL refuses, hands over to
 * the user `postgres`, who is made if need be. Throws a StackError where that fails.
 */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  try {
    return lookUp();
  } catch {
    try {
      execFileSync('useradd', ['--system', '--user-group', '--shell', '/usr/sbin/nologin', 'postgres'], {
        stdio: 'ignore',
      });
      return lookUp();
    } catch {
      throw new StackError(
        'PostgreSQL does not run as root, and a user "postgres" to run it as could not be made. Make one, or start as another user.',
      );
    }
  }
}

/** Refuses a folder that this user could not get to. */
export function requireWayIn(folder: string, user: ServerUser | null): void {
  if (user === null) return;
  for (let path = folder; ; path = dirname(path)) {
    const stat = statSync(path);
    const mayEnter = (stat.uid === user.uid && stat.mode & 0o100) || stat.mode & 0o001;
    if (!mayEnter) {
      throw new StackError(
        `Started by root, PostgreSQL runs as the user postgres, who may not enter ${path}. Let it pass (chmod o+x ${path}), or choose another DATA_DIR.`,
      );
    }
    if (path === dirname(path)) return;
  }
}

function lookUp(): ServerUser {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  return { uid: id('-u'), gid: id('-g') };
}
