import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from './errors.ts';

/** Who logs in where. `postgres` is the superuser; the rest are the users that production has too. */
const logins = [
  ['adsuite', 'postgres'],
  ['adsuite', 'adsuite'],
  ['adsuite', 'attribution_federation'],
  ['warehouse', 'postgres'],
  ['warehouse', 'attribution_airflow'],
  ['warehouse', 'attribution_dbt'],
  ['warehouse', 'attribution_service'],
] as const;

export type Database = (typeof logins)[number][0];
export type User = (typeof logins)[number][1];

export interface Secrets {
  /** The file with the passwords, which psql takes as PGPASSFILE. */
  readonly file: string;
  password(database: Database, user: User): string;
}

/** Reads the passwords, and makes those that are missing: once for each folder. The file is for its owner alone. */
export function openSecrets(folder: string): Secrets {
  const file = pgpass(folder);
  const known = existsSync(file) ? read(file) : new Map<string, string>();
  if (logins.some(([database, user]) => !known.has(key(database, user)))) {
    for (const [database, user] of logins) {
      if (!known.has(key(database, user))) known.set(key(database, user), randomBytes(24).toString('base64url'));
    }
    const lines = [...known].map(([login, password]) => `${login}:${password}\n`);
    // Renamed into place, so that a crash leaves the whole file or none.
    writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return secretsOf(file, known);
}

/** Reads the passwords of a stack that was started before. Throws a StackError where there are none. */
export function readSecrets(folder: string): Secrets {
  const file = pgpass(folder);
  if (!existsSync(file)) throw new StackError(`There is no stack in ${folder}. Start one: npm run stack`);
  return secretsOf(file, read(file));
}

const pgpass = (folder: string) => join(folder, 'pgpass');

/** The start of a line of a PGPASSFILE; any port, as the ports may change. */
const key = (database: string, user: string) => `127.0.0.1:*:${database}:${user}`;

/** Passwords are base64url and names plain, so nothing in a line is escaped. */
function read(file: string): Map<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(':')), line.slice(line.lastIndexOf(':') + 1)]));
}

function secretsOf(file: string, known: ReadonlyMap<string, string>): Secrets {
  return {
    file,
    password(database, user) {
      const password = known.get(key(database, user));
      if (password === undefined) throw new StackError(`${file} has no password of ${user} for ${database}.`);
      return password;
    },
  };
}
