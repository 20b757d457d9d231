import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endingWithParent } from '../../local/end-with-parent.ts';
import { codeOf, LocalError } from '../../local/errors.ts';
import { pythonEnvironment } from '../../local/python/environment.ts';
import { airflowConnections, airflowSettings, dbtPool, makeAirflowHome } from './airflow-environment.ts';
import type { Closing } from './closing.ts';
import type { Stack } from './start.ts';

const startMilliseconds = 180_000;
const stopMilliseconds = 30_000;
const logLines = 20;

/**
 * `airflow standalone` without the triggerer, which these DAGs do not need, and without its log servers on fixed ports.
 * They are stopped in reverse order: the others and the running tasks report to the API server until they end.
 */
const components = [['api-server'], ['dag-processor'], ['scheduler', '--skip-serve-logs']] as const;

export interface AirflowOptions {
  readonly stack: Stack;
  /** The stack's folder. */
  readonly folder: string;
  readonly port: number;
  readonly closing: Closing;
  readonly report: (line: string) => void;
  /** Called with the reason if a part of Airflow ends without being stopped. */
  readonly onEnd: (reason: string) => void;
}

export interface Airflow {
  /** The address of its page and API, without a path. */
  readonly origin: string;
  /** The password of the user `admin`. */
  readonly password: string;
}

/**
 * Starts Airflow 3 with the project's DAGs on the stack's warehouse and service, and waits until it runs DAGs and its page
 * answers. `closing` will stop it. The schedule is ATTRIBUTION_SCHEDULE, by default none: runs are started by hand.
 *
 * @throws {LocalError} with the end of its log, if it does not start
 */
export async function startAirflow({ stack, folder, port, closing, report, onEnd }: AirflowOptions): Promise<Airflow> {
  const started = performance.now();
  const airflow = await pythonEnvironment('airflow-3', report);
  const dbt = await pythonEnvironment('dbt', report);
  closing.throwIfClosing();
  const home = join(folder, 'airflow');
  makeAirflowHome(home);
  const origin = `http://127.0.0.1:${port}`;
  const env = {
    ...airflowSettings({ home }),
    ...airflowConnections({ ...stack, dbt: dbt.program('dbt'), home }),
    ATTRIBUTION_SCHEDULE: process.env.ATTRIBUTION_SCHEDULE ?? '',
    ATTRIBUTION_EXPENSIVE_TESTS_SCHEDULE: process.env.ATTRIBUTION_EXPENSIVE_TESTS_SCHEDULE ?? '',
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: 'False',
    AIRFLOW__CORE__PARALLELISM: '4',
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `${origin}/execution/`,
    AIRFLOW__API__BASE_URL: origin,
    AIRFLOW__API__HOST: '127.0.0.1',
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__WORKERS: '1',
  };
  const logFile = logIn(folder);
  const log = openSync(logFile, 'w', 0o600);
  const start = (words: readonly string[]) =>
    spawn(...endingWithParent(airflow.program('airflow'), words), {
      env,
      // In a separate process group, Ctrl-C reaches only the stack.
      detached: true,
      stdio: ['pipe', log, log],
    });
  const state = { isUp: false, isStopping: false };
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  try {
    for (const words of [
      ['db', 'migrate'],
      ['pools', 'set', dbtPool, '1', 'One dbt at a time'],
    ]) {
      const code = await endOf(start(words));
      if (code !== 0) throw new LocalError(withLogEnd(`airflow ${words.join(' ')} ended with ${code}`, logFile));
      closing.throwIfClosing();
    }
    for (const words of components) {
      const child = start(words);
      const ended = endOf(child);
      void ended.then((code) => {
        if (state.isStopping) return;
        const reason = withLogEnd(`Airflow's ${words[0]} ended with ${code}`, logFile);
        if (state.isUp) onEnd(reason);
        else failure.reject(new LocalError(reason));
      });
      await closing.opened(() => {
        state.isStopping = true;
        return stop(child, ended);
      });
    }
  } finally {
    // The components have their own descriptors of it.
    closeSync(log);
  }
  await Promise.race([waitUntilHealthy(origin, closing, logFile), failure.promise]);
  state.isUp = true;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const password = adminPassword(home);
  report(`Airflow   ${origin} (user admin, password ${password}), up after ${seconds} s`);
  return { origin, password };
}

/** Stops a component with SIGTERM, and its whole process group with SIGKILL if it does not end in time. */
async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      // It has just ended.
      if (codeOf(error) !== 'ESRCH') throw error;
    }
  }, stopMilliseconds);
  await ended;
  clearTimeout(timer);
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
}

/** Waits until the page answers, and scheduler and DAG processor have reported to the database. */
async function waitUntilHealthy(origin: string, closing: Closing, logFile: string): Promise<void> {
  const until = performance.now() + startMilliseconds;
  for (;;) {
    closing.throwIfClosing();
    const page = await fetch(origin).catch(() => null);
    const health = page?.ok ? await fetch(`${origin}/api/v2/monitor/health`).catch(() => null) : null;
    if (health?.ok) {
      const parts = (await health.json()) as Record<string, { status: string | null } | null>;
      if (['metadatabase', 'scheduler', 'dag_processor'].every((part) => parts[part]?.status === 'healthy')) return;
    }
    if (performance.now() > until) throw new LocalError(withLogEnd('Airflow did not start in time', logFile));
    await delay(200);
  }
}

/** The output of Airflow's components. */
export const logIn = (folder: string) => join(folder, 'airflow.log');

/** A sentence with the last lines of a log file and its path. The file may be deleted before a person can read it. */
export function withLogEnd(sentence: string, logFile: string): string {
  const lines = existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-logLines) : [];
  return [`${sentence}. The end of ${logFile}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** The password that Airflow has generated for its only user. */
function adminPassword(home: string): string {
  const file = join(home, 'simple_auth_manager_passwords.json.generated');
  if (!existsSync(file)) throw new LocalError(`Airflow has not written ${file}`);
  const passwords = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return passwords.admin ?? '';
}
