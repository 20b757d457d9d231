import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../ports.ts';
import { postgresPrograms } from './programs.ts';
import { type PostgresConnection, runInitdb, Server, withClient } from './server.ts';
import { type ServerUser, serverUser, temporaryFolder } from './server-user.ts';

/** A temporary PostgreSQL server. */
export interface PostgresServer {
  /** As the superuser, to the database `postgres`. */
  readonly connection: PostgresConnection;
  /** Creates an empty database; returns the superuser's connection to it. */
  createDatabase(name: string): Promise<PostgresConnection>;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

/** A certificate and its key, as PEM. */
interface Tls {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Starts an empty PostgreSQL server on a free port, with its files in a temporary folder. It does not outlive this
 * process, however this process ends.
 *
 * @param flags arguments of `postgres`.
 * @param tls lets the server also take encrypted connections.
 * @throws {LocalError} if PostgreSQL can't run here.
 */
export async function startPostgres(flags: readonly string[] = [], tls?: Tls): Promise<PostgresServer> {
  const user = serverUser();
  const { initdb, postgres } = await postgresPrograms(user);
  const folder = mkdtempSync(join(realpathSync(temporaryFolder(user)), 'attribution-postgres-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const data = join(folder, 'data');
    const connection = {
      host: '127.0.0.1',
      port: await freePort(),
      user: 'postgres',
      password: 'postgres',
      database: 'postgres',
    };
    giveTo(user, folder, 0o700);
    await runInitdb({ initdb, user, data, password: connection.password });
    const settings = ['fsync=off', ...(tls ? tlsSettings(folder, user, tls) : [])];
    const server = new Server({
      postgres,
      user,
      data,
      log: join(folder, 'log'),
      connection,
      flags: [...settings.flatMap((setting) => ['-c', setting]), ...flags],
      disposable: folder,
    });
    try {
      await server.ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return {
      connection,
      createDatabase: async (name) => {
        await withClient(connection, (client) => client.query(`create database ${pg.escapeIdentifier(name)}`));
        return { ...connection, database: name };
      },
      stop: async () => {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Writes both files; PostgreSQL accepts a key only if no other user can read it. */
function tlsSettings(folder: string, user: ServerUser | null, { certificate, key }: Tls): string[] {
  const files = { certificate: join(folder, 'server.crt'), key: join(folder, 'server.key') };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key);
  for (const file of Object.values(files)) giveTo(user, file, 0o600);
  return ['ssl=on', `ssl_cert_file=${files.certificate}`, `ssl_key_file=${files.key}`];
}

function giveTo(user: ServerUser | null, path: string, mode: number): void {
  chmodSync(path, mode);
  if (user !== null) chownSync(path, user.uid, user.gid);
}
