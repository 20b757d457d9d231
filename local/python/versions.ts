import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LocalError } from '../errors.ts';

/** The first and the last minor version of Python 3 that the packages of a lock file support, by their metadata. */
const supported = {
  uv: [10, 14],
  dbt: [10, 13],
  'airflow-3': [10, 14],
  'airflow-2': [10, 12],
  schemathesis: [11, 14],
} as const;
/** A lock file's name, without `.txt`. */
export type LockName = keyof typeof supported;

export const lockNames = Object.keys(supported) as LockName[];
export const oldestPython = (name: LockName) => `3.${supported[name][0]}`;

export interface Python {
  readonly path: string;
  readonly version: readonly [major: number, minor: number];
}

/**
 * The first Python whose version the packages of a lock file support.
 *
 * @param asked the path of Python, or undefined to search for it
 * @throws {LocalError} if there is none
 */
export async function findPython(name: LockName, asked: string | undefined): Promise<Python> {
  const [oldest, newest] = supported[name];
  const found: string[] = [];
  for (const command of asked ? [asked] : ['python3', '/usr/bin/python3']) {
    const python = await pythonOf(command);
    if (python === null) continue;
    const [major, minor] = python.version;
    if (major === 3 && minor >= oldest && minor <= newest) return python;
    found.push(`${command} is ${major}.${minor}.`);
  }
  if (found.length === 0) found.push(asked ? `${asked} does not run.` : 'There is no python3.');
  throw new LocalError(
    `${name} needs Python 3.${oldest} to 3.${newest} with venv (Debian: apt-get install python3-venv). ${found.join(' ')} PYTHON sets the path of another one.`,
  );
}

/** What a Python says about itself; null if it does not run. */
export async function pythonOf(command: string): Promise<Python | null> {
  const print = 'import sys; print(*sys.version_info[:2], sys.executable)';
  const { stdout } = await promisify(execFile)(command, ['-c', print]).catch(() => ({ stdout: '' }));
  const [, major, minor, path] = /^(\d+) (\d+) (.+)$/m.exec(stdout) ?? [];
  return path === undefined ? null : { path, version: [Number(major), Number(minor)] };
}
