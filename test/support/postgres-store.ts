import type { TestProject } from 'vitest/node';
import { type PostgresConnection, withClient } from '../../local/postgres/client.ts';
import { startPostgres } from '../../local/postgres/temporary.ts';

/** Where the tests of the read API find their warehouse; null: each opens a PGlite of its own. */
declare module 'vitest' {
  interface ProvidedContext {
    postgres: PostgresConnection | null;
  }
}

/** The user that the service comes as: it may read what dbt makes, and nothing else. */
export const serviceUser = { user: 'attribution_service', password: 'read-only' };

/** Starts one PostgreSQL server for a run; each test makes databases of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  await withClient(server.connection, (client) =>
    client.query(`create role ${serviceUser.user} login password '${serviceUser.password}'`),
  );
  project.provide('postgres', server.connection);
  return () => server.stop();
}
