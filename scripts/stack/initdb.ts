import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { StackError } from './errors.ts';
import type { ServerUser } from './server-user.ts';

export interface ClusterOptions {
  /** The folder of the stack; the database files go below it. */
  readonly folder: string;
  readonly name: string;
  readonly initdb: string;
  readonly user: ServerUser | null;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

/**
 * Makes the database files where they are missing, and answers whether it did. They are made beside and renamed into
 * place, so that what is there is whole however an earlier start ended.
 */
export async function ensureCluster({ folder, name, initdb, user, password }: ClusterOptions): Promise<boolean> {
  sweep(folder, name);
  if (existsSync(join(folder, name))) {
    // PostgreSQL insists on these rights, which copying a folder may lose.
    chmodSync(join(folder, name), 0o700);
    return false;
  }
  const beside = join(folder, `${name}.new-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${beside}.password`;
  try {
    mkdirSync(beside, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (user !== null) for (const path of [beside, passwordFile]) chownSync(path, user.uid, user.gid);
    const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
    const args = [`--pgdata=${beside}`, '--username=postgres', `--pwfile=${passwordFile}`, ...settings];
    const child = spawn(initdb, args, { ...user, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [code, complaint] = await Promise.all([ended, text(child.stderr)]);
    if (code !== 0) throw new StackError(`The database files of ${name} could not be made: ${complaint.trim()}`);
    renameSync(beside, join(folder, name));
    return true;
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Takes away what starts that were killed left half made. One that is still being written goes next time. */
function sweep(folder: string, name: string): void {
  for (const left of readdirSync(folder).filter((entry) => entry.startsWith(`${name}.new-`))) {
    try {
      rmSync(join(folder, left), { recursive: true, force: true });
    } catch {
      // An initdb that outlived its parent is at work there, on its own random name.
    }
  }
}
