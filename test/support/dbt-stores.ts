import pg from 'pg';
import { rawTableStatements } from '../../src/embedded/raw-tables.ts';
import { createPglite } from './pglite.ts';
import { sharedPostgres } from './postgres.ts';

export type Row = Record<string, unknown>;

/** One connection to an empty database that has the raw tables, in a session whose time zone is not UTC. */
export interface Store {
  query(sql: string): Promise<{ rows: Row[]; rowCount: number | null }>;
  close(): Promise<void>;
}

const prepare = async (store: Store): Promise<Store> => {
  await store.query(`set time zone 'America/New_York'`);
  for (const statement of rawTableStatements()) await store.query(statement);
  return store;
};

export async function openPglite(): Promise<Store> {
  const db = await createPglite();
  return prepare({
    query: async (sql) => {
      const { rows, affectedRows } = await db.query<Row>(sql);
      return { rows, rowCount: affectedRows ?? null };
    },
    close: () => db.close(),
  });
}

/** One connection to a real server's database. */
export async function connectStore(connection: pg.ClientConfig): Promise<Store> {
  const client = new pg.Client(connection);
  await client.connect();
  return prepare({
    query: async (sql) => {
      const { rows, rowCount } = await client.query<Row>(sql);
      return { rows, rowCount };
    },
    close: () => client.end(),
  });
}

export async function openPostgres(): Promise<Store> {
  const server = sharedPostgres();
  const store = await connectStore(await server.createDatabase('dbt'));
  return {
    ...store,
    close: async () => {
      await store.close();
      await server.stop();
    },
  };
}

/** Where a test of SQL runs: in the process and on a real server. */
export const stores = [
  ['PGlite', openPglite],
  ['PostgreSQL', openPostgres],
] as const;
