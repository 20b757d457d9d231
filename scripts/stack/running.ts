import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalError } from '../../local/errors.ts';
import { isAlive } from '../../local/postgres/persistent.ts';
import { type Logins, loginsOf, readPasswords } from './logins.ts';
import type { DbtRunner } from './pipeline.ts';

/** What the other commands need to know about a running stack. */
export interface Running {
  readonly adsuitePort: number;
  readonly warehousePort: number;
  /** What the pipeline runs the dbt project with. */
  readonly runner: DbtRunner;
  readonly servicePid: number | null;
  /** The service's address, without a path; null until it listens. */
  readonly origin: string | null;
  /** Null if the stack was started without Airflow. */
  readonly airflowPort: number | null;
}

/** A running stack. */
export interface FoundStack {
  readonly logins: Logins;
  readonly runner: DbtRunner;
  readonly origin: string;
}

const fileIn = (folder: string) => join(folder, 'running.json');

export function writeRunning(folder: string, running: Running): void {
  const file = fileIn(folder);
  writeFileSync(`${file}.new`, JSON.stringify(running));
  renameSync(`${file}.new`, file);
}

/** To be called after everything has stopped. */
export function removeRunning(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}

/**
 * Finds the running stack of a folder.
 *
 * @throws {LocalError} if none is running
 */
export function findStack(folder: string): FoundStack {
  const running = read(folder);
  if (running === null || running.origin === null)
    throw new LocalError(`No stack runs in ${folder}. Start it in another terminal: npm run stack`);
  const { adsuitePort, warehousePort, runner, origin } = running;
  const ports = { adsuite: adsuitePort, warehouse: warehousePort };
  return { logins: loginsOf(readPasswords(folder), ports), runner, origin };
}

/**
 * Finds the running stack of a folder, to run its pipeline.
 *
 * @throws {LocalError} if none is running, or Airflow runs with it: the DAGs' dbt tasks do not take the lock of the
 * pipeline, which would end their lease
 */
export function findStackToRunPipeline(folder: string): FoundStack {
  const port = read(folder)?.airflowPort ?? null;
  if (port !== null) {
    throw new LocalError(
      `This stack runs with Airflow, and a second pipeline would end the lease of its DAGs. Start the DAG attribution in Airflow instead (http://127.0.0.1:${port}), or restart the stack without --airflow.`,
    );
  }
  return findStack(folder);
}

/**
 * Waits for the service of a stack that was killed: it shuts down by itself within seconds. Waits at most 10 s, since its
 * process id may belong to another process by now.
 */
export async function awaitOldService(folder: string): Promise<void> {
  const pid = read(folder)?.servicePid ?? null;
  const until = performance.now() + 10_000;
  while (pid !== null && isAlive(pid) && performance.now() < until) await delay(20);
}

function read(folder: string): Running | null {
  return existsSync(fileIn(folder)) ? (JSON.parse(readFileSync(fileIn(folder), 'utf8')) as Running) : null;
}
