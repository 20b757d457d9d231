import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { embeddedWarehouse } from '../../src/embedded/store-kind.ts';
import { WireServer } from '../../src/embedded/wire-server.ts';
import { createPglite } from './pglite.ts';
import { serviceUser, sharedPostgres } from './postgres.ts';

/** An empty database, and how the service reaches it. */
export interface DatabaseStore {
  readonly target: WarehouseTarget;
  /** The test's own statements; they may write, which the service's may not. */
  query(sql: string, parameters?: unknown[]): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>;
  close(): Promise<void>;
}

/** PGlite behind a Unix socket, as the embedded warehouse has it. */
export async function openPgliteStore(): Promise<DatabaseStore> {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-'));
  const database = await createPglite();
  const server = new WireServer(database, embeddedWarehouse.serving, (error) => {
    throw error;
  });
  await server.listen(join(folder, '.s.PGSQL.5432'));
  const login = { kind: 'password', user: 'postgres', password: '' } as const;
  return {
    target: { dialect: 'pglite', host: folder, port: 5432, database: 'postgres', login, tls: null },
    query: async (sql, parameters = []) => {
      // All share one session, which the server makes read-only whenever it serves a client.
      await database.exec('set default_transaction_read_only = off');
      const { rows } = await database.query<Record<string, unknown>>(sql, parameters);
      return { rows, rowCount: rows.length };
    },
    close: async () => {
      await server.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A database on the shared PostgreSQL server. The service reads it as a user that may SELECT and nothing else. */
export async function openPostgresStore(): Promise<DatabaseStore> {
  const server = sharedPostgres();
  const { host, port, database, ...login } = await server.createDatabase('warehouse');
  const owner = new pg.Client({ host, port, database, ...login });
  await owner.connect();
  for (const schema of ['attribution', 'adsuite_mirror']) {
    await owner.query(`create schema ${schema}`);
    await owner.query(`grant usage on schema ${schema} to ${serviceUser.user}`);
    await owner.query(`alter default privileges in schema ${schema} grant select on tables to ${serviceUser.user}`);
  }
  return {
    target: {
      // As a Redshift is spoken to: the sessions are not read-only by a setting, only by the user's rights.
      dialect: 'redshift',
      host,
      port,
      database,
      login: { kind: 'password', ...serviceUser },
      tls: null,
    },
    query: (sql, parameters = []) => owner.query(sql, parameters),
    close: async () => {
      await owner.end();
      await server.stop();
    },
  };
}
