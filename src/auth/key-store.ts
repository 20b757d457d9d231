import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { FastifyBaseLogger } from 'fastify';
import { KeysFileError, maxKeysFileBytes, parseKeysFile, type StoredKey } from './keys-file.ts';

/** The API keys of a file, as it was when it was last valid. */
export interface KeyStore {
  /** Null if there is no key with this id. */
  find(id: string): StoredKey | null;
  /** Stops reading the file. */
  close(): void;
}

/** How often the file is read. A revoked key is refused after at most this time. */
const reloadMilliseconds = 2_000;

/**
 * Reads a file of API keys, and reads it again every two seconds. Comparing its content, instead of watching for events, also
 * finds changes by a new symbolic link (a mounted Kubernetes secret), a rename, or on a network drive.
 *
 * A file that can't be read any more, or is invalid, is reported once, and the keys stay as they were.
 *
 * @throws {KeysFileError} if it can't be read, or is invalid.
 */
export function openKeyStore(
  path: string,
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>,
  intervalMilliseconds = reloadMilliseconds,
): KeyStore {
  let text = firstText(path);
  let keys = byId(parsed(path, text));
  let reported: string | null = null;
  let isClosed = false;

  const reload = async () => {
    checkFile(await stat(path));
    const next = await readFile(path, 'utf8');
    if (isClosed || (next === text && reported === null)) return;
    keys = byId(parsed(path, next));
    if (next !== text || reported !== null) log.info({ file: path, keys: keys.size }, 'API keys reloaded');
    [text, reported] = [next, null];
  };
  const report = (error: unknown) => {
    const problem = faultOf(path, error).message;
    if (problem === reported) return;
    reported = problem;
    log.warn({ file: path, problem }, 'the API keys were not reloaded; the previous ones stay valid');
  };
  let timer: NodeJS.Timeout;
  const schedule = () => {
    if (isClosed) return;
    timer = setTimeout(() => void reload().catch(report).finally(schedule), intervalMilliseconds).unref();
  };
  schedule();
  return {
    find: (id) => keys.get(id) ?? null,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

const byId = (keys: readonly StoredKey[]): ReadonlyMap<string, StoredKey> => new Map(keys.map((key) => [key.id, key]));

/** Before it is read: a device or a pipe may have no end. */
function checkFile(stats: Stats): void {
  if (!stats.isFile()) throw new KeysFileError('it is not a regular file');
  if (stats.size > maxKeysFileBytes) throw new KeysFileError('it has more than 1 MiB');
}

function firstText(path: string): string {
  try {
    checkFile(statSync(path));
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw faultOf(path, error);
  }
}

function parsed(path: string, text: string): readonly StoredKey[] {
  try {
    return parseKeysFile(text);
  } catch (error) {
    throw faultOf(path, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist. Create it: npm run keys -- make <name> --role viewer',
  EACCES: 'this user may not read it',
};

/** @returns an error that names the file and the reason. */
function faultOf(path: string, error: unknown): KeysFileError {
  if (error instanceof KeysFileError && error.message.startsWith('The file of API keys')) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new KeysFileError(
    `The file of API keys ${path} (API_KEYS_FILE) is not usable: ${reasons[code] ?? (code || message)}.`,
  );
}
