import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EmbeddedStoreError } from './embedded-error.ts';

/** PostgreSQL's clients connect to `.s.PGSQL.<port>` in the folder that they are given as host. */
export const socketPort = 5432;
/** sockaddr_un holds 108 bytes on Linux and 104 on macOS, including the terminating NUL. */
const longestPath = 103;

export interface SocketPlace {
  /** The host, for clients. */
  readonly folder: string;
  readonly path: string;
  remove(): void;
}

/**
 * Prepares the folder of the Unix socket: in the data folder, or in the system's temporary folder if the path is too
 * long for a socket address. Only this user can enter it, because the socket requires no password.
 *
 * The lock of the data folder must be held: then a remaining socket file is stale.
 */
export function prepareSocket(dataFolder: string): SocketPlace {
  const within = join(resolve(dataFolder), 'socket');
  const fits = Buffer.byteLength(socketPath(within)) <= longestPath;
  const folder = fits ? within : elsewhere(dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  // In a shared temporary folder, another user may have created this name first.
  if (!stat.isDirectory() || (process.getuid !== undefined && stat.uid !== process.getuid())) {
    throw new EmbeddedStoreError(
      `${folder} is needed for a database's socket, but belongs to another user. Set DATA_DIR to a shorter path.`,
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
