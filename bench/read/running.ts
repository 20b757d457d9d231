import type { PostgresConnection } from '../../local/postgres/server.ts';
import type { ViewerKey } from './api-key.ts';
import type { Data } from './data.ts';
import type { DialectName } from './dialects.ts';
import { ServerProcess } from './server-process.ts';
import { kinds, type ServerName, urlOf } from './servers.ts';
import { readCursors } from './source.ts';
import type { Source, Workload } from './workloads.ts';

/** A server under measurement. */
export interface RunningServer {
  readonly name: ServerName;
  readonly dialect: DialectName;
  readonly origin: string;
  readonly process: ServerProcess;
  /** Of each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its own cursors of the source's positions, if it has cursors. */
  readonly cursors: readonly (string | null)[] | null;
  /** The number of its next request, per workload, so that no variables are repeated. */
  readonly next: Map<Workload, number>;
}

/** What all servers are started with. */
export interface Setting {
  readonly data: Data;
  readonly source: Source;
  readonly key: ViewerKey;
}

/**
 * Starts a server.
 *
 * @param warehouse how it reaches the warehouse.
 * @param cursors its cursors, if they are known.
 * @throws {LocalError} if it does not start
 */
export async function startServer(
  name: ServerName,
  { data, source, key }: Setting,
  warehouse: PostgresConnection,
  cursors?: RunningServer['cursors'],
): Promise<RunningServer> {
  const { dialect, isAuthenticated, program } = kinds[name];
  const ledger = dialect === 'product' ? urlOf(await data.createDatabase(`ledger_${name}`)) : '';
  const headers = isAuthenticated ? key.headers : {};
  const process = await ServerProcess.start({
    name,
    ...program({ warehouse: urlOf(warehouse), ledger, keys: key.file }),
  });
  const { origin } = process;
  try {
    const own = cursors === undefined ? await readCursors(origin, dialect, source.positions, headers) : cursors;
    return { name, dialect, origin, process, headers, cursors: own, next: new Map() };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

export async function stopServers(servers: readonly RunningServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.process.stop()));
}
