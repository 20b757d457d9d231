import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, parse, resolve, sep } from 'node:path';
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

/** Owner and mode of a file, as `stat` gives them. */
interface Rights {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** As many as Linux follows. */
const maxLinks = 40;

/**
 * The first folder on the way to a path, the path included, that a user may not enter; null if there is none. A file
 * counts as one that may not be entered if the user may not execute it. Symbolic links are followed. What does not exist
 * yet is not checked. Access control lists are not read.
 *
 * @throws {LocalError} if there are too many symbolic links.
 */
export function barrierTo(path: string, user: ServerUser): string | null {
  const absolute = resolve(path);
  const { root } = parse(absolute);
  const names = absolute.split(sep).filter(Boolean);
  let folder = root;
  let links = 0;
  if (!mayEnter(lstatSync(root), user)) return root;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = join(folder, name);
    const stat = lstatSync(next, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    if (stat.isSymbolicLink()) {
      links += 1;
      if (links > maxLinks) throw new LocalError(`${path} leads through too many symbolic links.`);
      const target = readlinkSync(next);
      names.unshift(...target.split(sep).filter(Boolean));
      if (isAbsolute(target)) folder = root;
    } else if (mayEnter(stat, user)) {
      folder = next;
    } else {
      return next;
    }
  }
  return null;
}

/**
 * Whether the rights of a folder let a user enter it, or those of a file let a user execute it. One set of bits applies:
 * the owner's, else the group's, else the others'. `spawn` drops supplementary groups, so only the primary one counts.
 */
export function mayEnter(stat: Rights, user: ServerUser): boolean {
  if (user.uid === 0) return true;
  const shift = stat.uid === user.uid ? 6 : stat.gid === user.gid ? 3 : 0;
  return ((stat.mode >> shift) & 1) === 1;
}

/**
 * The folder for temporary files: TMPDIR, by default /tmp.
 *
 * @param user who must be able to enter it; null is the user of this process.
 * @throws {LocalError} if it does not exist, or `user` may not enter it.
 */
export function temporaryFolder(user: ServerUser | null): string {
  const folder = tmpdir();
  if (!existsSync(folder))
    throw new LocalError(`TMPDIR is ${folder}, which does not exist. Create it, or unset TMPDIR.`);
  const barrier = user === null ? null : barrierTo(folder, user);
  if (barrier === null) return folder;
  throw new LocalError(
    `PostgreSQL can't run as root, so it runs as the user postgres, who may not enter ${barrier}. Set TMPDIR to a folder that this user may enter, for example TMPDIR=/tmp.`,
  );
}
