import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Closing } from './closing.ts';
import { codeOf, StackError } from './errors.ts';
import { type Login, withClient } from './logins.ts';
import type { ServerUser } from './server-user.ts';

const readyMilliseconds = 120_000;
const stopMilliseconds = 30_000;

const flags = [
  // Loopback and a password, no socket: the same on every system, and nothing in the way of another PostgreSQL.
  ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', 'log_timezone=UTC'],
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
  const { folder, name, login } = options;
  const log = join(folder, `${name}.log`);
  const output = openSync(log, 'w', 0o600);
  const child = spawn(options.postgres, ['-D', join(folder, name), '-p', String(login.port), ...flags], {
    ...options.user,
    // A process group of its own: Ctrl-C in the terminal must not stop the database before the service.
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  });
  closeSync(output);
  const server = { ended: false, ready: false, asked: false };
  const ending = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  }).then(() => {
    server.ended = true;
    if (server.ready && !server.asked) options.onEnd(`PostgreSQL for ${name} has ended:\n${lastLines(log)}`);
  });
  await closing.opened(() => {
    server.asked = true;
    return stop(child, ending);
  });
  const until = performance.now() + readyMilliseconds;
  while (!(await answers(login))) {
    closing.goOn();
    if (server.ended) throw new StackError(`PostgreSQL for ${name} did not start:\n${lastLines(log)}`);
    if (performance.now() > until) throw new StackError(`PostgreSQL for ${name} does not answer; see ${log}`);
    await delay(20);
  }
  server.ready = true;
}

/** False while the server is on its way up. */
async function answers(login: Login): Promise<boolean> {
  try {
    await withClient(login, async () => undefined);
    return true;
  } catch (error) {
    const startingUp = '57P03';
    if (error instanceof StackError || [startingUp, 'ECONNRESET'].includes(codeOf(error) ?? '')) return false;
    const wrongPassword = '28P01';
    if (codeOf(error) !== wrongPassword) throw error;
    throw new StackError(
      `PostgreSQL on port ${login.port} does not take the password in pgpass. If that file was lost, what it opened is ` +
        'lost too: delete the whole folder of the stack to begin anew.',
    );
  }
}

/** SIGINT ends the clients and writes everything out; SIGQUIT, for one that hangs, leaves that to the next start. */
async function stop(child: ChildProcess, ending: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), stopMilliseconds);
  await ending;
  clearTimeout(timer);
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5);
  return [...lines.map((line) => `  ${line}`), `  (all of it: ${file})`].join('\n');
}
