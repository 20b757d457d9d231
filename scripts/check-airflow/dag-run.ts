import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../../local/errors.ts';
import type { PythonEnvironment } from '../../local/python/environment.ts';
import { runProgram } from '../../local/run-program.ts';
import { dagsFolder } from '../stack/airflow-environment.ts';

export interface DagRun {
  readonly state: string;
  readonly tasks: Readonly<Record<string, string>>;
  /** What a task logged; empty if it did not run. */
  log(task: string): string;
  readonly output: string;
  readonly seconds: number;
}

/** Runs the DAG `attribution` once by run_dag.py. */
export async function runDag(airflow: PythonEnvironment, env: Record<string, string>): Promise<DagRun> {
  const started = performance.now();
  const result = join(env.AIRFLOW_HOME ?? '', 'result.json');
  rmSync(result, { force: true });
  const program = join(import.meta.dirname, 'run_dag.py');
  const { code, output } = await runProgram(airflow.program('python'), [program, dagsFolder, result], { env });
  if (code !== 0) throw new LocalError(`run_dag.py ended with ${code}:\n${output.slice(-4000)}`);
  const { state, tasks } = JSON.parse(readFileSync(result, 'utf8')) as Pick<DagRun, 'state' | 'tasks'>;
  // dag.test() runs one task after the other.
  const sections = output.split(/^.*\[DAG TEST\] starting task_id=/m);
  const log = (task: string) => sections.filter((section) => section.startsWith(`${task} `)).join('');
  return { state, tasks, log, output, seconds: (performance.now() - started) / 1000 };
}
