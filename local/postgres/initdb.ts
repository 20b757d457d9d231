import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { LocalError, reasonOf } from '../errors.ts';
import type { ServerUser } from './server-user.ts';

export interface InitdbOptions {
  readonly initdb: string;
  readonly user: ServerUser | null;
  /** The folder to create for the database files. The one above it exists. */
  readonly data: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

/**
 * Creates the files of an empty PostgreSQL that takes passwords only. They are not flushed to disk.
 *
 * @throws {LocalError} with the reason that initdb printed.
 */
export async function runInitdb({ initdb, user, data, password }: InitdbOptions): Promise<void> {
  const passwordFile = `${data}.password`;
  try {
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (user !== null) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
    const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
    const child = spawn(initdb, [`--pgdata=${data}`, '--username=postgres', `--pwfile=${passwordFile}`, ...settings], {
      ...user,
      cwd: dirname(data),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<string | null>((resolve) => {
      child.once('error', (error) => resolve(reasonOf(error)));
      child.once('close', (code, signal) => resolve(code === 0 ? null : `initdb ended with ${code ?? signal}`));
    });
    const [failure, printed] = await Promise.all([ended, text(child.stderr)]);
    if (failure !== null) {
      throw new LocalError(`The database files in ${data} could not be created: ${printed.trim() || failure}`);
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
