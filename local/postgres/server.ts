import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { codeOf, LocalError, reasonOf } from '../errors.ts';
import type { ServerUser } from './server-user.ts';

/** The address, login and database of a connection. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Connects, does the work and disconnects. A connection that breaks fails the query in progress, or the next one. */
export async function withClient<Result>(
  connection: pg.ClientConfig,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(connection);
  // Without a listener, a connection that breaks between two queries ends the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export interface InitdbOptions {
  readonly initdb: string;
  readonly user: ServerUser | null;
  /** The folder to create for the database files. The one above it exists. */
  readonly data: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

/**
 * Creates the files of an empty PostgreSQL that takes passwords only. They are not flushed to disk.
 *
 * @throws {LocalError} with the reason that initdb printed.
 */
export async function runInitdb({ initdb, user, data, password }: InitdbOptions): Promise<void> {
  const passwordFile = `${data}.password`;
  try {
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (user !== null) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
    const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
    const child = spawn(initdb, [`--pgdata=${data}`, '--username=postgres', `--pwfile=${passwordFile}`, ...settings], {
      ...user,
      cwd: dirname(data),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<string | null>((resolve) => {
      child.once('error', (error) => resolve(reasonOf(error)));
      child.once('close', (code, signal) => resolve(code === 0 ? null : `initdb ended with ${code ?? signal}`));
    });
    const [failure, printed] = await Promise.all([ended, text(child.stderr)]);
    if (failure !== null) {
      throw new LocalError(`The database files in ${data} could not be created: ${printed.trim() || failure}`);
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

const readyMilliseconds = 120_000;
const stopMilliseconds = 30_000;

/** Loopback and a password, no socket: the same on every system, and no conflict with another PostgreSQL. */
const ownFlags = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];

export interface ServerOptions {
  readonly postgres: string;
  readonly user: ServerUser | null;
  /** The folder of the database files, an absolute path. */
  readonly data: string;
  /** The file for what the server prints; it is overwritten. */
  readonly log: string;
  /** How the superuser will reach it; its port is the server's. */
  readonly connection: PostgresConnection;
  /** More arguments of `postgres`. */
  readonly flags: readonly string[];
  /** A folder to remove with the server, which then ends with this process too (see stop-with-parent.ts); else null. */
  readonly disposable: string | null;
}

/** A PostgreSQL server in a separate process. Ctrl-C in the terminal does not reach that process. */
export class Server {
  readonly #options: ServerOptions;
  readonly #child: ChildProcess;
  readonly #log: number;
  /** Why the process could not be started, or the last lines that it printed; null while it runs. */
  #end: string | null = null;
  /** Resolves when the process has ended, or could not be started. */
  readonly ended: Promise<void>;

  /** Starts the process; wait for `ready` before you use it. */
  constructor(options: ServerOptions) {
    const { postgres, user, data, log, connection, flags, disposable } = options;
    const command = [postgres, '-D', data, '-p', String(connection.port), ...ownFlags, ...flags];
    const [program = '', ...args] = disposable === null ? command : stopWithParent(command, disposable);
    this.#options = options;
    this.#log = openSync(log, 'w+', 0o600);
    this.#child = spawn(program, args, {
      ...user,
      // The folder of this process may be one that the user may not enter.
      cwd: dirname(data),
      detached: true,
      stdio: [disposable === null ? 'ignore' : 'pipe', this.#log, this.#log],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    // It may have ended by itself when it is stopped.
    this.#child.stdin?.on('error', () => undefined);
    this.ended = new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(`  ${reasonOf(error)}`));
      this.#child.once('exit', () => resolve(this.lastLines()));
    }).then((end) => {
      this.#end = end;
      closeSync(this.#log);
    });
  }

  /**
   * Waits until the server takes connections.
   *
   * @param check called repeatedly; an error that it throws ends the wait.
   * @throws {LocalError} with the last lines of its log if it ends, or takes longer than two minutes
   */
  async ready(check: () => void = () => undefined): Promise<void> {
    const until = performance.now() + readyMilliseconds;
    while (!(await this.#answers())) {
      check();
      if (this.#end !== null) throw new LocalError(`PostgreSQL did not start:\n${this.#end}`);
      if (performance.now() > until) throw new LocalError(`PostgreSQL does not answer:\n${this.lastLines()}`);
      await delay(20);
    }
  }

  /** Ends its clients, writes everything to disk and ends. */
  async stop(): Promise<void> {
    if (this.#child.stdin !== null) {
      this.#child.stdin.end();
      return this.ended;
    }
    this.#child.kill('SIGINT');
    // For a server that hangs: the next start recovers what this one leaves unwritten.
    const timer = setTimeout(() => this.#child.kill('SIGQUIT'), stopMilliseconds);
    await this.ended;
    clearTimeout(timer);
  }

  /** The last lines that it printed, indented; also those of a server that has ended, whose folder may be gone. */
  lastLines(): string {
    if (this.#end !== null) return this.#end;
    const { size } = fstatSync(this.#log);
    const buffer = Buffer.alloc(Math.min(size, 4_000));
    readSync(this.#log, buffer, 0, buffer.length, size - buffer.length);
    const lines = buffer.toString('utf8').trimEnd().split('\n').slice(-5);
    if (this.#options.disposable === null) lines.push(`(all of it: ${this.#options.log})`);
    return lines.map((line) => `  ${line}`).join('\n');
  }

  /** False while it starts, and if another server took its port. */
  async #answers(): Promise<boolean> {
    try {
      return await withClient(this.#options.connection, async (client) => {
        const { rows } = await client.query('show data_directory');
        return rows[0]?.data_directory === this.#options.data;
      });
    } catch (error) {
      const startingUp = '57P03';
      if (['ECONNREFUSED', 'ECONNRESET', startingUp].includes(codeOf(error) ?? '')) return false;
      throw error;
    }
  }
}

/**
 * The shell's part: runs the server, and stops it and removes the folder when standard input reaches its end. The system
 * closes that pipe when the process that started the shell ends, even by SIGKILL. If the server ends by itself, the
 * folder stays, so that its log can be read.
 *
 * A shell gives a background command /dev/null as standard input, so the pipe becomes descriptor 3. It also lets the
 * command ignore SIGINT until PostgreSQL has its own handler: SIGTERM ends a server that is not that far.
 */
const script = `
folder=$1
shift
trap 'stopping=yes; kill -TERM $server; kill -INT $server' TERM
exec 3<&0
"$@" 3<&- &
server=$!
(while read -r line; do :; done; kill -TERM $$) <&3 &
reader=$!
wait $server
code=$?
if [ -n "$stopping" ]; then
  wait $server
  rm -rf "$folder"
else
  kill $reader
fi
exit $code`;

/**
 * The command to spawn in place of a server's own, with a pipe as standard input: the server runs until the pipe is
 * closed, by this process or with it. The folder is removed then, as far as the server's user may remove it.
 */
export function stopWithParent(command: readonly string[], folder: string): string[] {
  return ['/bin/sh', '-c', script, 'sh', folder, ...command];
}
