import { lstatSync, readlinkSync } from 'node:fs';
import { isAbsolute, join, parse, resolve, sep } from 'node:path';
import { LocalError } from '../errors.ts';
import type { ServerUser } from './server-user.ts';

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
