import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, LocalError } from '../errors.ts';
import { findPython, type LockName, oldestPython, type Python, pythonOf } from './versions.ts';

/** The environments, each with its own lock file. One cannot hold two of them: their packages exclude each other. */
export type EnvironmentName = Exclude<LockName, 'uv'>;

export interface PythonEnvironment {
  /** The folder of its programs; an absolute path. */
  readonly bin: string;
  /** The path of one of its programs. */
  program(name: string): string;
}

/** Where environments are, and what they are made from. Tests set it. */
export interface PythonPlace {
  readonly cache: string;
  /** The folder of the lock files, `<name>.txt`. */
  readonly locks: string;
  /** The path of Python, or undefined to search for it. */
  readonly python: string | undefined;
}

const here: PythonPlace = {
  cache: join(import.meta.dirname, '../../node_modules/.cache/python'),
  locks: import.meta.dirname,
  python: process.env.PYTHON,
};

/**
 * A Python environment with exactly the packages of its lock file (`local/python/<name>.txt`). It is installed below
 * node_modules once per lock file and version of Python, and again if its Python was removed.
 *
 * @throws {LocalError} if Python is missing, too old or too new, or a package can't be installed
 */
export async function pythonEnvironment(
  name: EnvironmentName,
  report: (line: string) => void,
  place = here,
): Promise<PythonEnvironment> {
  const python = await findPython(name, place.python);
  const lock = join(place.locks, `${name}.txt`);
  const works = async (folder: string) =>
    (await pythonOf(join(folder, 'bin/python')))?.version.join() === python.version.join();
  const folder = await installOnce(place.cache, [name, digestOf(lock, ...python.version)], works, async (beside) => {
    const uv = await findUv(python, report, place);
    report(`Installing the Python packages of ${name} (a minute or two, once)`);
    const started = performance.now();
    await run(uv, ['venv', '--quiet', '--relocatable', '--python', python.path, beside]);
    const install = ['pip', 'install', '--quiet', '--python', join(beside, 'bin/python'), '--require-hashes'];
    await run(uv, [...install, '--requirements', lock]);
    report(`Installed ${name} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  });
  return { bin: join(folder, 'bin'), program: (program: string) => join(folder, 'bin', program) };
}

/**
 * Writes a lock file: the newest versions that its `.in` file allows, with hashes. Its first line has the SHA-256 of the
 * `.in` file, so that `.ci/run` finds a lock file that is out of date.
 *
 * @throws {LocalError} if the versions can't be resolved
 */
export async function writeLock(name: LockName, report: (line: string) => void): Promise<void> {
  const uv = await findUv(await findPython(name, here.python), report, here);
  const [input, lock] = [join(here.locks, `${name}.in`), join(here.locks, `${name}.txt`)];
  const options = ['--universal', '--python-version', oldestPython(name), '--generate-hashes', '--upgrade'];
  await run(uv, ['pip', 'compile', '--quiet', '--no-header', ...options, input, '--output-file', lock]);
  const sha256 = createHash('sha256').update(readFileSync(input)).digest('hex');
  writeFileSync(
    lock,
    `# npm run python:lock wrote this from ${name}.in, SHA-256 ${sha256}\n${readFileSync(lock, 'utf8')}`,
  );
  report(`Locked ${name}`);
}

const digestOf = (file: string, ...more: number[]) =>
  createHash('sha256').update(readFileSync(file)).update(more.join()).digest('hex').slice(0, 12);

/** The path of uv, which installs packages. */
async function findUv(python: Python, report: (line: string) => void, { cache, locks }: PythonPlace): Promise<string> {
  const lock = join(locks, 'uv.txt');
  const works = async (folder: string) => existsSync(join(folder, 'bin/uv'));
  const folder = await installOnce(cache, ['uv', digestOf(lock)], works, async (beside) => {
    report('Installing uv, which installs Python packages');
    await run(python.path, ['-m', 'venv', beside]);
    await run(join(beside, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', lock]);
  });
  return join(folder, 'bin/uv');
}

let installations = 0;

/**
 * The path of `<name>-<digest>` in the cache. If it does not work, it is installed under a name of its own and renamed,
 * since another process may install the same. A failed installation leaves nothing, a finished one replaces the older.
 */
async function installOnce(
  cache: string,
  [name, digest]: readonly [LockName, string],
  works: (folder: string) => Promise<boolean>,
  install: (beside: string) => Promise<void>,
): Promise<string> {
  const folder = join(cache, `${name}-${digest}`);
  if (await works(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  installations += 1;
  const beside = `${folder}.${process.pid}.${installations}`;
  try {
    await install(beside);
    if (!(await works(folder))) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(beside, folder);
    }
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  for (const other of readdirSync(cache)) {
    const installer = /-[0-9a-f]{12}\.(\d+)/.exec(other)?.[1];
    const isUsed = other === `${name}-${digest}` || (installer !== undefined && isRunning(Number(installer)));
    if (other.startsWith(`${name}-`) && !isUsed) rmSync(join(cache, other), { recursive: true, force: true });
  }
  return folder;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Runs a program to its end. */
async function run(program: string, words: readonly string[]): Promise<void> {
  await promisify(execFile)(program, words, { maxBuffer: 1 << 26 }).catch((error: Error & { stderr?: string }) => {
    throw new LocalError(
      `${program} ${words.join(' ')} failed:\n${(error.stderr || error.message).trim().slice(-2000)}`,
    );
  });
}
