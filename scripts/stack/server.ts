import { join } from 'node:path';
import { codeOf } from '../../local/errors.ts';
import { Server } from '../../local/postgres/server.ts';
import type { ServerUser } from '../../local/postgres/server-user.ts';
import type { Closing } from './closing.ts';
import { StackError } from './errors.ts';
import type { Login } from './logins.ts';

const flags = [
  ...['timezone=UTC', 'log_timezone=UTC'],
  // Nobody replicates this server; a table that is loaded in the transaction that emptied it is not logged then.
  ...['wal_level=minimal', 'max_wal_senders=0', 'max_wal_size=2GB'],
].flatMap((setting) => ['-c', setting]);

export interface ServerOptions {
  readonly folder: string;
  readonly name: string;
  readonly postgres: string;
  readonly user: ServerUser | null;
  /** The superuser's login to the database `postgres`. */
  readonly login: Login;
  /** Told the reason if the server ends without having been asked to. */
  readonly onEnd: (reason: string) => void;
}

/** Starts PostgreSQL on the files of ensureCluster, waits until it answers, and gives its stopping to `closing`. */
export async function startServer(options: ServerOptions, closing: Closing): Promise<void> {
  const { folder, name, postgres, user, login } = options;
  const state = { ready: false, asked: false };
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
    if (state.ready && !state.asked) options.onEnd(`PostgreSQL for ${name} has ended:\n${server.lastLines()}`);
  });
  await closing.opened(() => {
    state.asked = true;
    return server.stop();
  });
  try {
    await server.ready(() => closing.goOn());
  } catch (error) {
    const wrongPassword = '28P01';
    if (codeOf(error) !== wrongPassword) throw error;
    throw new StackError(
      `PostgreSQL on port ${login.port} does not take the password in pgpass. If that file was lost, what it opened is ` +
        'lost too: delete the whole folder of the stack to begin anew.',
    );
  }
  state.ready = true;
}
