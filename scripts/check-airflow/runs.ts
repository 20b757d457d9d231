import { join } from 'node:path';
import { LocalError } from '../../local/errors.ts';
import type { PythonEnvironment } from '../../local/python/environment.ts';
import { runProgram } from '../../local/run-program.ts';
import { keyPrefix } from '../../src/auth/api-key.ts';
import { airflowConnections, airflowSettings, makeAirflowHome } from '../stack/airflow-environment.ts';
import { type DagRun, runDag } from './dag-run.ts';
import { lastScenario, type Scenario, scenarios } from './scenarios.ts';
import { checkScheduled } from './scheduled.ts';
import { startWorld, type World } from './world.ts';

const tasks = ['read_clock', 'refresh_strategies', 'refresh_iterations', 'check_refresh', 'source_freshness'].concat([
  'dbt_silver',
  'dbt_gold',
  'announce',
  'push_metrics',
  'push_result',
]);

/**
 * Runs the DAG on a stack, once for each scenario: dbt, the service, which requires an API key, and the sandbox are real. Unless `isQuick`, also runs
 * both DAGs under the scheduler. Prints a line per run.
 *
 * @returns the number of runs that did not end as they must
 */
export async function checkRuns(
  airflow: PythonEnvironment,
  dbt: PythonEnvironment,
  isQuick: boolean,
  report: (line: string) => void,
): Promise<number> {
  const started = performance.now();
  const world = await startWorld();
  try {
    const home = join(world.folder, 'airflow-test');
    makeAirflowHome(home);
    const env = {
      ...airflowSettings({ home }),
      ...airflowConnections({ ...world.stack, dbt: dbt.program('dbt'), home }),
    };
    const migrated = await runProgram(airflow.program('airflow'), ['db', 'migrate'], { env });
    if (migrated.code !== 0) throw new LocalError(`airflow db migrate failed:\n${migrated.output.slice(-2000)}`);
    report(`Stack and Airflow's database are up after ${((performance.now() - started) / 1000).toFixed(0)} s`);
    let failed = 0;
    const check = async (scenario: Scenario) => {
      const faults = await checkRun(scenario, world, () => runDag(airflow, env), report);
      for (const fault of faults) report(`  ${fault}`);
      if (faults.length > 0) failed += 1;
    };
    for (const scenario of scenarios.filter((each) => each.isQuick || !isQuick)) await check(scenario);
    if (isQuick) return failed;
    if (!(await checkScheduled(world, report))) failed += 1;
    await check(lastScenario);
    return failed;
  } finally {
    await world.close();
  }
}

async function checkRun(
  scenario: Scenario,
  world: World,
  run: () => Promise<DagRun>,
  report: (line: string) => void,
): Promise<readonly string[]> {
  const repair = await scenario.prepare?.(world);
  let dagRun: DagRun;
  try {
    dagRun = await run();
  } finally {
    await repair?.();
  }
  const faults = [...faultsOf(scenario, dagRun), ...((await scenario.after?.(world)) ?? [])];
  const others = tasks.filter((task) => dagRun.tasks[task] !== 'success');
  const states =
    others.map((task) => `${task} ${dagRun.tasks[task]}`).join(', ') || `all ${tasks.length} tasks success`;
  const verdict = faults.length === 0 ? 'ok  ' : 'FAIL';
  report(`${verdict}  ${scenario.name}: run ${dagRun.state}; ${states} (${dagRun.seconds.toFixed(0)} s)`);
  if (faults.length > 0) process.stderr.write(`${dagRun.output.slice(-8000)}\n`);
  return faults;
}

function faultsOf({ states, log }: Scenario, run: DagRun): string[] {
  const faults: string[] = [];
  const expected = Object.values(states).length === 0 ? 'success' : 'failed';
  if (run.state !== expected) faults.push(`the run is ${run.state} instead of ${expected}`);
  for (const task of new Set([...tasks, ...Object.keys(run.tasks)])) {
    const wanted = states[task] ?? 'success';
    if (run.tasks[task] !== wanted) faults.push(`${task} is ${run.tasks[task]} instead of ${wanted}`);
  }
  if (run.output.includes(keyPrefix)) faults.push('the output has the API key');
  for (const [task, pattern] of Object.entries(log)) {
    if (!pattern.test(run.log(task))) faults.push(`the log of ${task} does not match ${pattern}`);
  }
  return faults;
}
