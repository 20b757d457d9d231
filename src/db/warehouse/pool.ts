import pg from 'pg';
import type { WarehouseLogin } from '../../config/warehouse.ts';
import { columnTypes } from '../column-types.ts';
import { type PoolState, poolState } from '../observation.ts';
import { type BackendSignal, signalBackend } from '../signal-backend.ts';
import { StoreClient } from '../store-client.ts';
import { withinConnectTimeout } from '../timeout.ts';
import { tlsOptions } from '../tls.ts';
import { type LoginSource, loginSource } from './login.ts';
import { prepareSession, type WarehouseDialect } from './session.ts';

/** A database on a server. `host` may be the folder of a Unix socket. */
export interface WarehouseTarget {
  readonly dialect: WarehouseDialect;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: WarehouseLogin;
  readonly tls: { readonly caFile: string | null } | null;
}

export interface PoolOptions {
  readonly target: WarehouseTarget;
  readonly maxConnections: number;
  /** How long a query waits for a connection, including the time to open one. */
  readonly waitMilliseconds: number;
  /** The server's limit for any statement, whatever its own time limit is. */
  readonly statementMilliseconds: number;
  /** Called when an idle connection breaks. The pool replaces it. */
  readonly onConnectionLost: (error: Error) => void;
}

/** Firewalls drop idle connections after 350 s or less, and a new connection to Redshift takes half a second. */
const keepAliveMilliseconds = 30_000;
const idleMilliseconds = 10 * 60_000;
/** An IAM login is valid for an hour; revoked credentials must not stay in use for days. */
const lifetimeSeconds = 3_600;

/** The connections to the warehouse. They are opened on demand and prepared before use. */
export class WarehousePool {
  readonly #options: PoolOptions;
  readonly #login: LoginSource;
  /** Read once, at startup, so that a missing certificate file is reported there. */
  readonly #ssl: ReturnType<typeof tlsOptions>;
  #pool: Promise<pg.Pool> | null = null;
  #opened: pg.Pool | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: PoolOptions) {
    const { target } = options;
    this.#options = options;
    this.#login = loginSource(target.login, target.database, Date.now);
    this.#ssl = tlsOptions(target.tls);
  }

  async connect(): Promise<pg.PoolClient> {
    // The pool needs the user name. A failure is not cached: the next query tries again.
    this.#pool ??= this.#open().catch((error) => {
      this.#pool = null;
      throw error;
    });
    return (await this.#pool).connect();
  }

  states(): readonly PoolState[] {
    const counts = this.#opened ?? { totalCount: 0, idleCount: 0, waitingCount: 0 };
    return [poolState('reading', this.#options.maxConnections, counts)];
  }

  /** Cancels the running statement of a connection. Uses a separate connection, because the pool may have none free. */
  cancelStatement(client: pg.PoolClient): Promise<void> {
    return this.#signal('pg_cancel_backend', client);
  }

  /** Terminates the session of a connection, from a separate connection. */
  terminateSession(client: pg.PoolClient): Promise<void> {
    return this.#signal('pg_terminate_backend', client);
  }

  async #signal(signal: BackendSignal, client: pg.PoolClient): Promise<void> {
    // In PGlite all clients share one session, which can't be cancelled.
    if (this.#options.target.dialect === 'pglite') return;
    const address = { ...this.#address(), ...(await this.#login()) };
    await signalBackend(signal, client, address, this.#options.waitMilliseconds);
  }

  /** Waits for running queries. May be called more than once. */
  close(): Promise<void> {
    this.#closed ??= (async () => (await this.#pool?.catch(() => null))?.end())();
    return this.#closed;
  }

  async #open(): Promise<pg.Pool> {
    const { target, maxConnections, waitMilliseconds, statementMilliseconds, onConnectionLost } = this.#options;
    const { user } = await this.#login();
    const pool = new pg.Pool({
      ...this.#address(),
      Client: StoreClient,
      user,
      password: async () => {
        const login = await this.#login();
        // IAM maps an identity to one user. If that changes, logins of this pool would fail without a clear cause.
        if (login.user !== user)
          throw new Error('AWS now returns a different database user than at startup. Restart the service.');
        return login.password;
      },
      max: maxConnections,
      idleTimeoutMillis: idleMilliseconds,
      maxLifetimeSeconds: lifetimeSeconds,
      types: columnTypes,
      // The pool waits for onConnect without a time limit.
      onConnect: (client) =>
        withinConnectTimeout(prepareSession(client, target.dialect, statementMilliseconds), waitMilliseconds),
    });
    pool.on('error', onConnectionLost);
    // The pool handles errors of idle clients only. A client that breaks in use fails its query; without a listener it
    // would also end the process.
    pool.on('connect', (client) => client.on('error', () => {}));
    this.#opened = pool;
    return pool;
  }

  #address(): pg.ClientConfig {
    const { target, waitMilliseconds } = this.#options;
    return {
      host: target.host,
      port: target.port,
      database: target.database,
      ssl: this.#ssl,
      sslnegotiation: 'postgres',
      // pg's default is no timeout.
      connectionTimeoutMillis: waitMilliseconds,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMilliseconds,
    };
  }
}
