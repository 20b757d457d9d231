import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { codeOf, LocalError } from '../../local/errors.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';

/** The users of each database. `postgres` is the superuser; production has the others too. */
const users = [
  ['adsuite', 'postgres'],
  ['adsuite', 'adsuite'],
  ['adsuite', 'attribution_federation'],
  ['warehouse', 'postgres'],
  ['warehouse', 'attribution_airflow'],
  ['warehouse', 'attribution_dbt'],
  ['warehouse', 'attribution_service'],
] as const;

export type Database = (typeof users)[number][0];
export type User = (typeof users)[number][1];

export interface Passwords {
  /** The file that contains them, in the format of psql's PGPASSFILE. */
  readonly file: string;
  of(database: Database, user: User): string;
}

/** Reads the passwords, and generates those that are missing. Only the owner can read the file. */
export function ensurePasswords(folder: string): Passwords {
  const file = passwordFile(folder);
  const known = existsSync(file) ? parsePasswords(file) : new Map<string, string>();
  if (users.some(([database, user]) => !known.has(key(database, user)))) {
    for (const [database, user] of users) {
      if (!known.has(key(database, user))) known.set(key(database, user), randomBytes(24).toString('base64url'));
    }
    const lines = [...known].map(([login, password]) => `${login}:${password}\n`);
    // Renamed, so that a crash never leaves an incomplete file.
    writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return passwordsIn(file, known);
}

/** @throws {LocalError} if no stack was ever started in the folder */
export function readPasswords(folder: string): Passwords {
  const file = passwordFile(folder);
  if (!existsSync(file)) throw new LocalError(`There is no stack in ${folder}. Start one: npm run stack`);
  return passwordsIn(file, parsePasswords(file));
}

const passwordFile = (folder: string) => join(folder, 'pgpass');

/** The start of a line of the file. It matches any port, since ports may change. */
const key = (database: string, user: string) => `127.0.0.1:*:${database}:${user}`;

/** Passwords are base64url, so nothing is escaped. */
function parsePasswords(file: string): Map<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(':')), line.slice(line.lastIndexOf(':') + 1)]));
}

function passwordsIn(file: string, known: ReadonlyMap<string, string>): Passwords {
  return {
    file,
    of(database, user) {
      const password = known.get(key(database, user));
      if (password === undefined) throw new LocalError(`${file} has no password of ${user} for ${database}.`);
      return password;
    },
  };
}

/** The logins of both servers. */
export interface Logins {
  readonly ports: Readonly<Record<Database, number>>;
  to(database: Database, user: User): PostgresConnection;
}

export function loginsOf(passwords: Passwords, ports: Readonly<Record<Database, number>>): Logins {
  return {
    ports,
    to: (database, user) => ({
      host: '127.0.0.1',
      port: ports[database],
      user,
      password: passwords.of(database, user),
      database,
    }),
  };
}

/** Connects in UTC, does the work and disconnects. */
export async function withClient<Result>(
  login: PostgresConnection,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(login);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Connects in UTC. The caller ends the connection.
 *
 * @throws {LocalError} if no server listens on the port
 */
export async function connect(login: PostgresConnection): Promise<pg.Client> {
  const client = new pg.Client({ ...login, options: '-c timezone=UTC' });
  // A connection that breaks fails the query in progress, or the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    if (codeOf(error) !== 'ECONNREFUSED') throw error;
    throw new LocalError(`No database answers on port ${login.port}. Start the stack: npm run stack`);
  }
  return client;
}
