import pg from 'pg';
import { codeOf } from '../../local/errors.ts';
import { StackError } from './errors.ts';
import type { Database, Secrets, User } from './secrets.ts';

/** Where a database is reached, and as whom. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** The two servers as a set of logins. */
export interface Logins {
  readonly ports: Readonly<Record<Database, number>>;
  /** To AdSuite's database or the warehouse. */
  to(database: Database, user: User): Login;
}

export function loginsOf(secrets: Secrets, ports: Readonly<Record<Database, number>>): Logins {
  return {
    ports,
    to: (database, user) => ({
      host: '127.0.0.1',
      port: ports[database],
      user,
      password: secrets.password(database, user),
      database,
    }),
  };
}

/** Connects for as long as the work takes. */
export async function withClient<Result>(login: Login, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = await connect(login);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Connects in UTC; whoever calls ends the connection. A server that isn't there is a StackError. */
export async function connect(login: Login): Promise<pg.Client> {
  const client = new pg.Client({ ...login, options: '-c timezone=UTC' });
  // A connection that breaks off is the error of the query under way, or of the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    if (codeOf(error) !== 'ECONNREFUSED') throw error;
    throw new StackError(`No database answers on port ${login.port}. Is the stack running? npm run stack`);
  }
  return client;
}
