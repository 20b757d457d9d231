import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EmbeddedStoreError } from './embedded-error.ts';

/** PostgreSQL's clients look for `.s.PGSQL.<port>` in the folder that they are given as host. */
export const socketPort = 5432;
/** sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing NUL included. */
const longestPath = 103;

export interface SocketPlace {
  /** What a client calls the host. */
  readonly folder: string;
  readonly path: string;
  remove(): void;
}

/**
 * The folder of the Unix socket: in the data folder, or in the system's temporary folder when the path would be too
 * long for a socket address. Only this user may enter it: nobody asks for a password behind it.
 *
 * The lock of the data folder must be held: a socket file that is still there belongs to nobody.
 */
export function prepareSocket(dataFolder: string): SocketPlace {
  const within = join(resolve(dataFolder), 'socket');
  const fits = Buffer.byteLength(socketPath(within)) <= longestPath;
  const folder = fits ? within : elsewhere(dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  // In a shared temporary folder somebody else may have put something under this name first.
  if (!stat.isDirectory() || (process.getuid !== undefined && stat.uid !== process.getuid())) {
    throw new EmbeddedStoreError(
      `${folder} is needed for a database's socket, but belongs to somebody else. Choose a shorter DATA_DIR.`,
    );
  }
  chmodSync(folder, 0o700);
  const path = socketPath(folder);
  rmSync(path, { force: true });
  return {
    folder,
    path,
    remove() {
      rmSync(path, { force: true });
      if (!fits) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function socketPath(folder: string): string {
  return join(folder, `.s.PGSQL.${socketPort}`);
}

function elsewhere(dataFolder: string): string {
  const id = createHash('sha256').update(resolve(dataFolder)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `attribution-${id}`);
  return Buffer.byteLength(socketPath(folder)) <= longestPath ? folder : join('/tmp', `attribution-${id}`);
}
