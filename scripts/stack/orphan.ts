import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../../local/errors.ts';
import { StackError } from './errors.ts';

/** A fast shutdown takes a second or two; what takes longer than this hangs. */
const patienceMilliseconds = 30_000;

/** No system gives out process ids this high. */
const nobody = 2_147_483_646;

/**
 * Makes sure that no PostgreSQL of an earlier, killed stack runs on these database files: one that does is stopped. The
 * stack's lock must be held, so that it can't be another stack's. Throws a StackError if it does not stop.
 */
export async function stopOrphan(data: string, report: (line: string) => void): Promise<void> {
  const pid = ownerOf(data);
  if (pid === null || !isAlive(pid)) return;
  if (!isServerOf(pid, data)) return disown(data, pid);
  report(`A PostgreSQL that an earlier start left behind (process ${pid}) is being stopped`);
  process.kill(pid, 'SIGINT');
  const until = performance.now() + patienceMilliseconds;
  while (isAlive(pid) && isServerOf(pid, data)) {
    if (performance.now() > until) {
      throw new StackError(
        `PostgreSQL, process ${pid}, of an earlier start does not stop. Stop it yourself: kill -QUIT ${pid}`,
      );
    }
    await delay(20);
  }
}

/** Whether there is such a process, of whichever user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** The process id in postmaster.pid; null where there is no such file. */
function ownerOf(data: string): number | null {
  try {
    const pid = Math.abs(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10));
    return pid > 0 && pid !== nobody ? pid : null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Process ids are given out again, so the number alone says nothing: the server works in its data folder. */
function isServerOf(pid: number, data: string): boolean {
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(`-D ${data} `);
  } catch {
    return false;
  }
}

/**
 * PostgreSQL won't start while the process id in its file is alive, whatever that process is by now. The rest of the
 * file is kept: by it PostgreSQL finds out whether parts of the old server still use its shared memory.
 */
function disown(data: string, pid: number): void {
  const file = join(data, 'postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(String(pid), String(nobody)));
}
