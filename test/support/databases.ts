import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { type PostgresConnection, withClient } from '../../local/postgres/server.ts';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';

// initdb takes seconds of CPU time in PGlite. Its result depends only on PGlite's version, so it is cached.
const cache = join(import.meta.dirname, '../../node_modules/.cache/empty-pglite');
const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
const { version }: { version: string } = JSON.parse(readFileSync(join(dirname(main), '../package.json'), 'utf8'));
const folder = join(cache, version);

/** Opens an empty PGlite in memory. */
export async function createPglite(): Promise<PGlite> {
  const archive = readFileSync(join(await emptyPglite(), 'archive.tar'));
  return PGlite.create({ loadDataDir: new Blob([archive]) });
}

/** Puts empty databases into a new DATA_DIR, so that a service need not create them.  */
export function seedDataDir(dataDir: string): void {
  const database = join(folder, 'postgres');
  for (const store of ['warehouse', 'ledger']) {
    const own = join(dataDir, store);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    writeFileSync(join(own, 'lock'), '');
    cpSync(database, join(own, 'postgres'), { recursive: true });
  }
}

/** The folder with an empty database, as files and as an archive. It is created by the first call after an install. */
export async function emptyPglite(): Promise<string> {
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  for (const other of readdirSync(cache)) {
    if (!other.startsWith(version)) rmSync(join(cache, other), { recursive: true, force: true });
  }
  // Test files run concurrently. A folder with this name is complete.
  const beside = `${folder}.${process.pid}`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside);
  const database = await PGlite.create(join(beside, 'postgres'));
  const archive = await database.dumpDataDir('none');
  await database.close();
  writeFileSync(join(beside, 'archive.tar'), Buffer.from(await archive.arrayBuffer()));
  if (!existsSync(folder)) renameSync(beside, folder);
  return folder;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's connection to the server that all test files share. */
    postgres: PostgresConnection;
    /** The kind of warehouse for the tests of the read API. */
    warehouses: 'PGlite' | 'PostgreSQL';
  }
}

/** The service's user on the shared server. It may only read what dbt builds. */
export const serviceUser = { user: 'attribution_service', password: 'read-only' };

interface SharedPostgres extends PostgresServer {
  /** @param template the database to copy; nothing may be connected to it */
  createDatabase(name: string, template?: string): Promise<PostgresConnection>;
}

/**
 * The PostgreSQL server of the whole run (see run.ts). Databases get unique names, and `stop` drops those that were
 * created here. A test that changes settings or roles, or stops the server, starts a separate one.
 */
export function sharedPostgres(): SharedPostgres {
  const connection = inject('postgres');
  const names: string[] = [];
  return {
    connection,
    createDatabase: async (name, template = 'template1') => {
      const database = `${name}_${randomUUID().replaceAll('-', '')}`;
      await withClient(connection, (client) => client.query(`create database ${database} template ${template}`));
      names.push(database);
      return { ...connection, database };
    },
    stop: () =>
      withClient(connection, async (client) => {
        for (const name of names.splice(0)) await client.query(`drop database ${name} with (force)`);
      }),
  };
}

/** Runs once, before all test files: starts the PostgreSQL server that they share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await emptyPglite();
  const server = await startPostgres(['-c', 'max_connections=300']);
  await withClient(server.connection, (client) =>
    client.query(`create role ${serviceUser.user} login password '${serviceUser.password}'`),
  );
  project.provide('postgres', server.connection);
  return () => server.stop();
}
