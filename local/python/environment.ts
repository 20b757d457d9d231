import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LocalError } from '../errors.ts';

const cache = join(import.meta.dirname, '../../node_modules/.cache/python');
const uvVersion = '0.13.9';
/** dbt 1.11 and Airflow 3.3 need it. */
const oldestPython = [3, 10] as const;

/** The environments, each with its own lock file. One cannot hold two of them: their packages exclude each other. */
export const environments = ['dbt', 'airflow-3', 'airflow-2'] as const;
export type EnvironmentName = (typeof environments)[number];

export interface PythonEnvironment {
  /** The folder of its programs; an absolute path. */
  readonly bin: string;
  /** The path of one of its programs. */
  program(name: string): string;
}

/**
 * A Python environment with exactly the packages of its lock file (`local/python/<name>.txt`). It is installed once per
 * version of the lock file, below node_modules.
 *
 * @throws {LocalError} if Python is missing or too old, or a package can't be installed
 */
export async function pythonEnvironment(
  name: EnvironmentName,
  report: (line: string) => void,
): Promise<PythonEnvironment> {
  const lock = lockFile(name);
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 12);
  const folder = join(cache, `${name}-${digest}`);
  const environment = { bin: join(folder, 'bin'), program: (program: string) => join(folder, 'bin', program) };
  if (existsSync(folder)) return environment;
  const uv = await findUv(report);
  // Another process may install it too, so a folder with its final name is complete.
  const beside = `${folder}.${process.pid}`;
  report(`Installing the Python packages of ${name} (a minute or two, once)`);
  const started = performance.now();
  for (const other of readdirSync(cache)) {
    const isOld = other.startsWith(`${name}-`) && !other.startsWith(`${name}-${digest}`);
    if (isOld) rmSync(join(cache, other), { recursive: true, force: true });
  }
  await run(uv, ['venv', '--quiet', '--relocatable', '--python', await findPython(), beside]);
  const install = ['pip', 'install', '--quiet', '--python', join(beside, 'bin/python'), '--require-hashes'];
  await run(uv, [...install, '--requirements', lock]);
  if (existsSync(folder)) rmSync(beside, { recursive: true });
  else renameSync(beside, folder);
  report(`Installed ${name} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return environment;
}

/**
 * Writes the lock file of an environment: the newest versions that its `.in` file allows, with hashes.
 *
 * @throws {LocalError} if they can't be resolved
 */
export async function lockEnvironment(name: EnvironmentName, report: (line: string) => void): Promise<void> {
  const uv = await findUv(report);
  const input = join(import.meta.dirname, `${name}.in`);
  const options = ['--universal', '--python-version', oldestPython.join('.'), '--generate-hashes', '--upgrade'];
  await run(uv, ['pip', 'compile', '--quiet', '--no-header', ...options, input, '--output-file', lockFile(name)]);
  report(`Locked ${name}`);
}

const lockFile = (name: EnvironmentName) => join(import.meta.dirname, `${name}.txt`);

/** The path of uv, which installs packages; it is installed itself by the first call. */
async function findUv(report: (line: string) => void): Promise<string> {
  const folder = join(cache, `uv-${uvVersion}`);
  const uv = join(folder, 'bin/uv');
  const stamp = join(folder, 'installed');
  if (existsSync(stamp)) return uv;
  report(`Installing uv ${uvVersion}, which installs Python packages`);
  mkdirSync(cache, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  await run(await findPython(), ['-m', 'venv', folder]);
  await run(join(folder, 'bin/pip'), ['install', '--quiet', `uv==${uvVersion}`]);
  writeFileSync(stamp, '');
  return uv;
}

/** The path of the first Python that is new enough. PYTHON overrides the search. */
async function findPython(): Promise<string> {
  const asked = process.env.PYTHON;
  const found: string[] = [];
  for (const python of asked ? [asked] : ['python3', '/usr/bin/python3']) {
    const print = 'import sys; print(*sys.version_info[:2], sys.executable)';
    const { stdout } = await promisify(execFile)(python, ['-c', print]).catch(() => ({ stdout: '' }));
    const [major = 0, minor = 0, executable] = stdout.trim().split(' ');
    if (!executable) continue;
    if (Number(major) === oldestPython[0] && Number(minor) >= oldestPython[1]) return executable;
    found.push(`${python} is ${major}.${minor}`);
  }
  const needed = `Python ${oldestPython.join('.')} or later with venv (Debian: apt-get install python3-venv)`;
  throw new LocalError(`This needs ${needed}; PYTHON sets its path. ${found.join(', ') || 'There is no python3'}.`);
}

/** Runs a program to its end. */
async function run(program: string, words: readonly string[]): Promise<void> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
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
  if (code !== 0) throw new LocalError(`${program} ${words.join(' ')} failed:\n${output.trim().slice(-2000)}`);
}
