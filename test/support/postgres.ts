import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type PostgresConnection, withClient } from '../../local/postgres/client.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that all test files share, as its superuser. */
    postgres: PostgresConnection;
    /** Where the warehouses of the tests of the read API are. */
    warehouses: 'PGlite' | 'PostgreSQL';
  }
}

/** The user that the service connects as: it may read what dbt builds, and nothing else. It exists on the shared server. */
export const serviceUser = { user: 'attribution_service', password: 'read-only' };

/**
 * The PostgreSQL server of the whole run (see run.ts). Databases get unique names, and `stop` drops those that were
 * created here. A test that needs settings, roles or a death of its own starts its own server.
 */
export function sharedPostgres(): PostgresServer {
  const connection = inject('postgres');
  const names: string[] = [];
  return {
    connection,
    createDatabase: async (name) => {
      const database = `${name}_${randomUUID().replaceAll('-', '')}`;
      await withClient(connection, (client) => client.query(`create database ${database}`));
      names.push(database);
      return { ...connection, database };
    },
    stop: () =>
      withClient(connection, async (client) => {
        for (const name of names.splice(0)) await client.query(`drop database ${name} with (force)`);
      }),
  };
}
