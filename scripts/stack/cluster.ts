import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runInitdb } from '../../local/postgres/initdb.ts';
import type { ServerUser } from '../../local/postgres/server-user.ts';

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
export async function ensureCluster({ folder, name, ...options }: ClusterOptions): Promise<boolean> {
  const data = join(folder, name);
  sweep(folder, name);
  if (existsSync(data)) {
    // PostgreSQL insists on these rights, which copying a folder may lose.
    chmodSync(data, 0o700);
    return false;
  }
  const beside = `${data}.new-${randomBytes(4).toString('hex')}`;
  await runInitdb({ ...options, data: beside });
  renameSync(beside, data);
  return true;
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
