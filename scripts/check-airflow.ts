/**
 * Checks warehouse/airflow on real installations of Airflow 3 and 2, which the first run installs:
 * - loads the DAGs, checks their structure and runs the tests of their code (test/airflow);
 * - lists what the dbt tasks select, by the real dbt, and loads the sample for Cosmos;
 * - runs the DAG with Airflow 3 on a whole stack: once to success, and once for each way to fail.
 *
 *   npm run check:airflow              a few ways to fail
 *   npm run check:airflow -- --all     all of them
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitWithReason } from '../local/errors.ts';
import { type EnvironmentName, pythonEnvironment } from '../local/python/environment.ts';
import { runProgram } from '../local/run-program.ts';
import { checkRuns } from './check-airflow/runs.ts';
import { airflowSettings } from './stack/airflow-environment.ts';
import { dbtFolder } from './stack/dbt.ts';

const tests = join(import.meta.dirname, '../test/airflow');
const report = (line: string) => process.stdout.write(`${line}\n`);

/** Runs the tests of some files below test/airflow with an Airflow; returns whether they passed. */
async function runTests(name: EnvironmentName, pattern: string, dbt: string): Promise<boolean> {
  const started = performance.now();
  const home = mkdtempSync(join(tmpdir(), 'attribution-airflow-tests-'));
  try {
    const airflow = await pythonEnvironment(name, report);
    const env = {
      ...airflowSettings({ home }),
      // Planted faults are logged as errors.
      AIRFLOW__LOGGING__LOGGING_LEVEL: 'CRITICAL',
      // Cosmos would keep it in Airflow's database, which the tests do without.
      AIRFLOW__COSMOS__ENABLE_CACHE_DBT_LS: 'False',
      AIRFLOW_VAR_ATTRIBUTION_DBT: dbt,
      AIRFLOW_VAR_ATTRIBUTION_DBT_PROJECT: dbtFolder,
      AIRFLOW_VAR_ATTRIBUTION_DBT_TARGET: 'local',
    };
    const words = ['-W', 'ignore', '-m', 'unittest', 'discover', '--start-directory', tests, '--pattern', pattern];
    const { code, output } = await runProgram(airflow.program('python'), words, { env });
    const count = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
    const isPassed = code === 0 && count > 0;
    if (!isPassed) process.stderr.write(`${output}\n`);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    report(`${isPassed ? 'ok  ' : 'FAIL'}  ${name}: ${count} tests in ${pattern} (${seconds} s)`);
    return isPassed;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function check(isQuick: boolean): Promise<void> {
  const [airflow, dbt] = [await pythonEnvironment('airflow-3', report), await pythonEnvironment('dbt', report)];
  const program = dbt.program('dbt');
  const passed = [
    await runTests('airflow-3', '*_test.py', program),
    await runTests('airflow-2', '*_test.py', program),
    await runTests('airflow-3', '*_with_dbt.py', program),
  ];
  const failed = await checkRuns(airflow, dbt, isQuick, report);
  if (failed > 0 || passed.includes(false)) process.exitCode = 1;
}

await check(!process.argv.includes('--all')).catch(exitWithReason);
