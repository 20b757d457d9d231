import { globSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalError } from '../../local/errors.ts';
import { freePort } from '../../local/ports.ts';
import { type Airflow, logIn, startAirflow, withLogEnd } from '../stack/airflow.ts';
import { dbtPool } from '../stack/airflow-environment.ts';
import { Closing } from '../stack/closing.ts';
import type { World } from './world.ts';

const runMilliseconds = 300_000;
const dags = ['attribution', 'attribution_expensive_tests'] as const;

interface TaskInstance {
  readonly task_id: string;
  readonly state: string;
  readonly pool: string;
  readonly start_date: string;
  readonly end_date: string;
}

/**
 * Runs both DAGs at the same time under Airflow's scheduler, as `npm run stack -- --airflow` starts it: dag.test() knows
 * neither pools nor rescheduled sensors. Returns whether both succeeded and dbt ran once at a time.
 */
export async function checkScheduled(world: World, report: (line: string) => void): Promise<boolean> {
  const started = performance.now();
  const closing = new Closing((error) => process.stderr.write(`${String(error)}\n`));
  const faults: string[] = [];
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  const onEnd = (reason: string) => ended.reject(new LocalError(reason));
  // Interrupted, it stops with the stack.
  world.closing.add(() => closing.close());
  try {
    const options = { stack: world.stack, folder: world.folder, port: await freePort(), closing, onEnd };
    const api = await connect(await startAirflow({ ...options, report: () => undefined }));
    const dbt = await Promise.race([runDags(api, world.folder, faults), ended.promise]);
    for (const [index, task] of dbt.entries()) {
      const before = dbt[index - 1];
      if (before && before.end_date > task.start_date) faults.push(`${task.task_id} ran beside ${before.task_id}`);
    }
    if (dbt.length !== 4) faults.push(`${dbt.length} tasks ran in the pool instead of 4`);
    const order = dbt.map(({ task_id }) => task_id).join(', ');
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    report(
      `${faults.length === 0 ? 'ok  ' : 'FAIL'}  both DAGs under the scheduler: dbt in turn: ${order} (${seconds} s)`,
    );
  } catch (error) {
    // The other runs are checked all the same. A request fails if the API server ends before that is noticed.
    const reason = error instanceof LocalError ? error.message : withLogEnd(String(error), logIn(world.folder));
    faults.push(reason);
    report('FAIL  both DAGs under the scheduler');
  } finally {
    await closing.close();
  }
  for (const fault of faults) report(`  ${fault}`);
  return faults.length === 0;
}

/** Runs both DAGs to their end. Returns the tasks that ran in the pool of dbt, in order; adds to `faults` what failed. */
async function runDags(api: Api, folder: string, faults: string[]): Promise<readonly TaskInstance[]> {
  for (const dag of dags) await api(`dags/${dag}/dagRuns`, { logical_date: null });
  const instances: TaskInstance[] = [];
  for (const dag of dags) {
    const state = await endOf(dag, api);
    const { task_instances: found } = await api<{ task_instances: TaskInstance[] }>(
      `dags/${dag}/dagRuns/~/taskInstances`,
    );
    instances.push(...found);
    if (state === 'success') continue;
    faults.push(withLogEnd(`${dag} is ${state}`, logIn(folder)));
    for (const { task_id: task } of found.filter((each) => each.state === 'failed')) {
      const logs = globSync(join(folder, `airflow/logs/dag_id=${dag}/run_id=*/task_id=${task}/attempt=*.log`)).sort();
      faults.push(withLogEnd(`${task} failed`, logs.at(-1) ?? logIn(folder)));
    }
  }
  return instances.filter(({ pool }) => pool === dbtPool).sort((a, b) => (a.start_date < b.start_date ? -1 : 1));
}

type Api = <Answer>(path: string, body?: object) => Promise<Answer>;

/** Logs in. The returned function sends a GET, or a POST if there is a body. */
async function connect({ origin, password }: Airflow): Promise<Api> {
  const send = async <Answer>(url: string, headers: Record<string, string>, body?: object) => {
    const content = body && { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(url, { headers: { 'content-type': 'application/json', ...headers }, ...content });
    if (!response.ok) throw new LocalError(`${url} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  const user = { username: 'admin', password };
  const { access_token: token } = await send<{ access_token: string }>(`${origin}/auth/token`, {}, user);
  return (path, body) => send(`${origin}/api/v2/${path}`, { authorization: `Bearer ${token}` }, body);
}

/** The state in which the DAG's only run ends. */
async function endOf(dag: string, api: Api): Promise<string> {
  const until = performance.now() + runMilliseconds;
  for (;;) {
    const { dag_runs: runs } = await api<{ dag_runs: { state: string }[] }>(`dags/${dag}/dagRuns`);
    const state = runs[0]?.state ?? 'missing';
    if (!['queued', 'running'].includes(state)) return state;
    if (performance.now() > until) return `${state} after ${runMilliseconds / 1000} s`;
    await delay(500);
  }
}
