import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { type PostgresConnection, withClient } from '../../local/postgres/client.ts';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { embeddedWarehouse } from '../../src/embedded/store-kind.ts';
import { WireServer } from '../../src/embedded/wire-server.ts';
import { serviceUser } from './postgres-store.ts';

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
  const database = await PGlite.create();
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

/** A database of its own on a real PostgreSQL, which the service reads as a user that may SELECT and nothing else. */
export async function openPostgresStore(server: PostgresConnection): Promise<DatabaseStore> {
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(server, (client) => client.query(`create database ${database}`));
  const owner = new pg.Client({ ...server, database });
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
      host: server.host,
      port: server.port,
      database,
      login: { kind: 'password', ...serviceUser },
      tls: null,
    },
    query: (sql, parameters = []) => owner.query(sql, parameters),
    close: async () => {
      await owner.end();
      await withClient(server, (client) => client.query(`drop database ${database} with (force)`));
    },
  };
}
