import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, LocalError } from '../errors.ts';
import { runInitdb } from './server.ts';
import type { ServerUser } from './server-user.ts';

export interface ClusterOptions {
  /** The folder above the database files. */
  readonly folder: string;
  /** The folder of the database files. */
  readonly name: string;
  readonly initdb: string;
  readonly user: ServerUser | null;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

/**
 * Creates the database files if they are missing. They are created under a temporary name and then renamed, so a crash
 * never leaves incomplete files under `name`.
 *
 * @returns whether it created them
 */
export async function ensureCluster({ folder, name, ...options }: ClusterOptions): Promise<boolean> {
  const data = join(folder, name);
  removeIncomplete(folder, name);
  if (existsSync(data)) {
    // PostgreSQL requires this mode, which a copy of the folder may have lost.
    chmodSync(data, 0o700);
    return false;
  }
  const temporary = `${data}.new-${randomBytes(4).toString('hex')}`;
  await runInitdb({ ...options, data: temporary });
  renameSync(temporary, data);
  return true;
}

function removeIncomplete(folder: string, name: string): void {
  for (const entry of readdirSync(folder).filter((each) => each.startsWith(`${name}.new-`))) {
    try {
      rmSync(join(folder, entry), { recursive: true, force: true });
    } catch {
      // An initdb that outlived its parent is still writing there. The next start removes it.
    }
  }
}

/** A fast shutdown takes a second or two. */
const stopMilliseconds = 30_000;

/** No system assigns process ids this high. */
const unusedPid = 2_147_483_646;

/**
 * Stops a PostgreSQL that still runs on these database files because its parent was killed. The caller must hold a lock
 * that excludes other users of the files.
 *
 * @throws {LocalError} if it does not stop within 30 s
 */
export async function stopOrphan(data: string, report: (line: string) => void): Promise<void> {
  const pid = readPid(data);
  if (pid === null || !isAlive(pid)) return;
  if (!isServerOf(pid, data)) return replacePid(data, pid);
  report(`Stopping a PostgreSQL that an earlier start left behind (process ${pid})`);
  process.kill(pid, 'SIGINT');
  const until = performance.now() + stopMilliseconds;
  while (isAlive(pid) && isServerOf(pid, data)) {
    if (performance.now() > until) {
      throw new LocalError(
        `PostgreSQL, process ${pid}, of an earlier start does not stop. Stop it yourself: kill -QUIT ${pid}`,
      );
    }
    await delay(20);
  }
}

/** Whether a process exists, of any user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** The process id in postmaster.pid, or null if there is none. */
function readPid(data: string): number | null {
  try {
    const pid = Math.abs(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10));
    return pid > 0 && pid !== unusedPid ? pid : null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Process ids are reused, so this also checks the process's working directory, which for a server is its data folder. */
function isServerOf(pid: number, data: string): boolean {
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(`-D ${data} `);
  } catch {
    return false;
  }
}

/**
 * PostgreSQL does not start while the process in postmaster.pid exists, even if it is another program by now. Only the
 * id is replaced: PostgreSQL needs the other lines to detect processes of the old server that still use its memory.
 */
function replacePid(data: string, pid: number): void {
  const file = join(data, 'postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(String(pid), String(unusedPid)));
}
