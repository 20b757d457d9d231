import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../../local/errors.ts';
import type { PythonEnvironment } from '../../local/python/environment.ts';
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
  const { code, output } = await capture(airflow.program('python'), [program, dagsFolder, result], env);
  if (code !== 0) throw new LocalError(`run_dag.py ended with ${code}:\n${output.slice(-4000)}`);
  const { state, tasks } = JSON.parse(readFileSync(result, 'utf8')) as Pick<DagRun, 'state' | 'tasks'>;
  // dag.test() runs one task after the other.
  const sections = output.split(/^.*\[DAG TEST\] starting task_id=/m);
  const log = (task: string) => sections.filter((section) => section.startsWith(`${task} `)).join('');
  return { state, tasks, log, output, seconds: (performance.now() - started) / 1000 };
}

export interface Captured {
  readonly code: number | null;
  /** Standard output and standard error, in the order in which they were written. */
  readonly output: string;
}

/** Runs a program to its end. It is ended together with this process. */
export async function capture(
  program: string,
  words: readonly string[],
  env: Record<string, string>,
): Promise<Captured> {
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGTERM');
  process.once('exit', stop);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(new LocalError(`${program} can't be started: ${error.message}`)));
    child.once('close', resolve);
  });
  process.off('exit', stop);
  return { code, output };
}
