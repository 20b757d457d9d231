import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './errors.ts';
import { type Logins, loginsOf } from './logins.ts';
import { isAlive } from './orphan.ts';
import { readSecrets } from './secrets.ts';

/** What other terminals need to know of a stack that runs. */
export interface Running {
  readonly adsuitePort: number;
  readonly warehousePort: number;
  readonly servicePid: number | null;
  /** The service's address, without a path; null until it listens. */
  readonly origin: string | null;
}

const fileOf = (folder: string) => join(folder, 'running.json');

/** Writes it for the other terminals. */
export function writeRunning(folder: string, running: Running): void {
  const file = fileOf(folder);
  writeFileSync(`${file}.new`, JSON.stringify(running));
  renameSync(`${file}.new`, file);
}

/** To be called when nothing runs any more. */
export function removeRunning(folder: string): void {
  rmSync(fileOf(folder), { force: true });
}

/** How to reach the stack that runs in this folder. Throws a StackError where none does. */
export function findStack(folder: string): { readonly logins: Logins; readonly origin: string } {
  const { adsuitePort, warehousePort, origin } = read(folder) ?? { origin: null, adsuitePort: 0, warehousePort: 0 };
  if (origin === null) throw new StackError(`No stack runs in ${folder}. Start it in another terminal: npm run stack`);
  return { logins: loginsOf(readSecrets(folder), { adsuite: adsuitePort, warehouse: warehousePort }), origin };
}

/**
 * Waits for the service of a stack that was killed: it notices, and ends within seconds. Its process id may belong to
 * somebody else by now, so it is waited for no longer than that, and not touched.
 */
export async function awaitOldService(folder: string): Promise<void> {
  const pid = read(folder)?.servicePid ?? null;
  const until = performance.now() + 10_000;
  while (pid !== null && isAlive(pid) && performance.now() < until) await delay(20);
}

function read(folder: string): Running | null {
  return existsSync(fileOf(folder)) ? (JSON.parse(readFileSync(fileOf(folder), 'utf8')) as Running) : null;
}
