import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { LocalError } from '../errors.ts';
import { barrierTo } from './access.ts';
import type { ServerUser } from './server-user.ts';

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
