import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, LocalError, reasonOf } from '../../local/errors.ts';
import {
  formatKeysFile,
  KeysFileError,
  maxKeysFileBytes,
  parseKeysFile,
  type StoredKey,
} from '../../src/auth/keys-file.ts';

/** The keys of a file; none if it does not exist. */
export function readKeys(path: string): readonly StoredKey[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new LocalError(`Can't read ${path}: ${reasonOf(error)}.`);
  }
  try {
    return parseKeysFile(text);
  } catch (error) {
    if (!(error instanceof KeysFileError)) throw error;
    throw new LocalError(`${path} is not a file of API keys: ${error.message}. Restore it, or name another file.`);
  }
}

/** Changes the keys of a file, one command at a time. */
export function changeKeys<Result>(
  path: string,
  change: (keys: readonly StoredKey[]) => { readonly keys: readonly StoredKey[]; readonly result: Result },
): Result {
  // A link keeps leading to the file.
  const file = realPath(path);
  const lock = `${file}.lock`;
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw cannotWrite(path, error);
    throw new LocalError(`Another command is changing ${path}. If none is running, delete ${lock}.`);
  }
  try {
    const { keys, result } = change(readKeys(file));
    const text = formatKeysFile(keys);
    if (Buffer.byteLength(text) > maxKeysFileBytes)
      throw new LocalError(`${path} would have more than 1 MiB, which the service refuses. Delete old keys from it.`);
    replaceFile(file, text);
    return result;
  } catch (error) {
    throw codeOf(error) === null ? error : cannotWrite(path, error);
  } finally {
    rmSync(lock, { force: true });
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Replaces a file in one step, so that no reader finds a part of it. */
function replaceFile(file: string, text: string): void {
  const next = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(next, 'wx', 0o600);
    try {
      keepAccess(file, descriptor);
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/**
 * Users who may read the file may read the new one. Otherwise the service would keep the previous keys, revoked ones too. A
 * new file is for its owner only.
 */
function keepAccess(file: string, descriptor: number): void {
  const old = statSync(file, { throwIfNoEntry: false });
  if (!old) return;
  const { uid, gid } = fstatSync(descriptor);
  try {
    if (old.uid !== uid || old.gid !== gid) fchownSync(descriptor, old.uid, old.gid);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error;
    throw new LocalError(`${file} belongs to another user or group. Run the command as its owner, or as root.`);
  }
  fchmodSync(descriptor, old.mode & 0o644);
}

const cannotWrite = (path: string, error: unknown): LocalError =>
  new LocalError(`Can't write ${path}: ${reasonOf(error)}. Name a file in a folder that you can write to.`);
