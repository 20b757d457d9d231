import { join } from 'node:path';
import { codeOf, LocalError } from '../../local/errors.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { Server } from '../../local/postgres/server.ts';
import type { ServerUser } from '../../local/postgres/server-user.ts';
import type { Closing } from './closing.ts';

const flags = [
  ...['timezone=UTC', 'log_timezone=UTC'],
  // Without replication. Rows loaded in the transaction that truncated their table are then not written to the log.
  ...['wal_level=minimal', 'max_wal_senders=0', 'max_wal_size=2GB'],
].flatMap((setting) => ['-c', setting]);

export interface ServerOptions {
  readonly folder: string;
  readonly name: string;
  readonly postgres: string;
  readonly user: ServerUser | null;
  /** The superuser's login to the database `postgres`. */
  readonly login: PostgresConnection;
  /** Called with the reason if the server ends without being stopped. */
  readonly onEnd: (reason: string) => void;
}

/** Starts PostgreSQL on the files of ensureCluster and waits until it answers. `closing` will stop it. */
export async function startServer(options: ServerOptions, closing: Closing): Promise<void> {
  const { folder, name, postgres, user, login } = options;
  const state = { isReady: false, isStopping: false };
  const server = new Server({
    postgres,
    user,
    data: join(folder, name),
    log: join(folder, `${name}.log`),
    connection: login,
    flags,
    disposable: null,
  });
  void server.ended.then(() => {
    if (state.isReady && !state.isStopping) options.onEnd(`PostgreSQL for ${name} has ended:\n${server.lastLines()}`);
  });
  await closing.opened(() => {
    state.isStopping = true;
    return server.stop();
  });
  try {
    await server.ready(() => closing.throwIfClosing());
  } catch (error) {
    const wrongPassword = '28P01';
    if (codeOf(error) !== wrongPassword) throw error;
    throw new LocalError(
      `PostgreSQL on port ${login.port} refuses the password in ${join(folder, 'pgpass')}. If that file was lost, the data can't be recovered: delete the folder ${folder} to start again.`,
    );
  }
  state.isReady = true;
}
