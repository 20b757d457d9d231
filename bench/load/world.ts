import { LocalError } from '../../local/errors.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { startPostgres } from '../../local/postgres/temporary.ts';
import { type Proxy as NetworkProxy, startProxy } from '../../local/tcp-proxy.ts';
import { type FaultInput, type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { Replica } from './replica.ts';
import { createDemoWarehouse } from './warehouse.ts';

const token = 'bench-token';

/** What AdSuite does to pushes while the network is broken. */
export const adsuiteFaults: readonly FaultInput[] = [
  { kind: 'status', status: 503, every: 5 },
  { kind: 'cut', every: 7 },
  { kind: 'reset', applied: true, every: 11 },
  { kind: 'silence', every: 13 },
];

/** Two replicas behind a network that can be broken, and what they talk to. */
export interface World {
  readonly replicas: readonly [Replica, Replica];
  readonly warehouse: NetworkProxy;
  readonly ledger: NetworkProxy;
  readonly sandbox: Sandbox;
  close(): Promise<void>;
}

/** @throws {LocalError} if PostgreSQL or a replica can't be started */
export async function openWorld(scale: number, connections: number): Promise<World> {
  const server = await startPostgres(['-c', 'shared_buffers=256MB', '-c', 'max_connections=100']);
  const sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  const replicas: Replica[] = [];
  const proxies: NetworkProxy[] = [];
  const proxied = async ({ port, user, password, database }: PostgresConnection) => {
    const proxy = await startProxy(port);
    proxies.push(proxy);
    return { proxy, url: `postgres://${user}:${password}@127.0.0.1:${proxy.port}/${database}` };
  };
  const close = async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await Promise.all(proxies.map((proxy) => proxy.cut()));
    await sandbox.close();
    await server.stop();
  };
  try {
    const warehouse = await proxied(await createDemoWarehouse(server, scale));
    const ledger = await proxied(await server.createDatabase('ledger'));
    const env = { ...serviceEnvironment, HTTP_MAX_CONNECTIONS: String(Math.max(1_000, connections)) };
    const stores = { WAREHOUSE_URL: warehouse.url, LEDGER_URL: ledger.url, ADSUITE_URL: sandbox.url };
    // One after the other: the first creates the ledger's tables.
    for (const name of ['A', 'B'])
      replicas.push(await Replica.start(name, { ...env, ...stores, ADSUITE_TOKEN: token }));
    const [a, b] = replicas;
    if (!a || !b) throw new LocalError('A replica did not start.');
    return { replicas: [a, b], warehouse: warehouse.proxy, ledger: ledger.proxy, sandbox, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The demo's data is old, AdSuite's faults are over soon, and a push has several requests. The rest has its default. */
const serviceEnvironment = {
  STALE_AFTER_MINUTES: '525600',
  OPERATION_SECONDS: '30',
  PUSH_BATCH_ROWS: '4',
  PUSH_REQUEST_SECONDS: '2',
  PUSH_RETRY_ATTEMPTS: '2',
  PUSH_RETRY_BASE_MILLISECONDS: '100',
  PUSH_RETRY_MAX_SECONDS: '2',
  PUSH_BREAKER_SECONDS: '1',
  PUSH_BREAKER_MAX_SECONDS: '2',
  PUSH_LEASE_SECONDS: '5',
};
