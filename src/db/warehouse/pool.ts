import pg from 'pg';
import type { WarehouseLogin } from '../../config/warehouse.ts';
import { columnTypes } from '../column-types.ts';
import { StoreClient } from '../store-client.ts';
import { withinConnectTimeout } from '../timeout.ts';
import { tlsOptions } from '../tls.ts';
import { type LoginSource, loginSource } from './login.ts';
import { prepareSession, type WarehouseDialect } from './session.ts';

/** A server and a database on it; `host` may be the folder of a Unix socket. */
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
  /** How long a query waits for a connection, a new one's opening included. */
  readonly waitMilliseconds: number;
  /** No statement may take longer, whatever its own time-out is. */
  readonly statementMilliseconds: number;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  readonly onConnectionLost: (error: Error) => void;
}

/** Firewalls on the way drop what is silent for 350 s or less; opening anew costs a Redshift half a second. */
const keepAliveMilliseconds = 30_000;
const idleMilliseconds = 10 * 60_000;
/** A login by IAM lasts an hour; what has been revoked meanwhile must not be used for days. */
const lifetimeSeconds = 3_600;

/** The connections to the warehouse, opened when needed, each prepared before anybody gets it. */
export class WarehousePool {
  readonly #options: PoolOptions;
  readonly #login: LoginSource;
  /** Read once, at the start: a certificate file that is missing is told there. */
  readonly #ssl: ReturnType<typeof tlsOptions>;
  #pool: Promise<pg.Pool> | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: PoolOptions) {
    const { target } = options;
    this.#options = options;
    this.#login = loginSource(target.login, target.database, Date.now);
    this.#ssl = tlsOptions(target.tls);
  }

  async connect(): Promise<pg.PoolClient> {
    // The user must be known before the pool is made. A failure is not kept: the next query tries again.
    this.#pool ??= this.#open().catch((error) => {
      this.#pool = null;
      throw error;
    });
    return (await this.#pool).connect();
  }

  /**
   * Ends from beside what a connection is at: its statement, or the whole session. On a connection of its own, as the
   * pool may have none to spare.
   */
  async end(what: 'statement' | 'session', client: pg.PoolClient): Promise<void> {
    // There, all clients share one session, which can't be cancelled.
    if (this.#options.target.dialect === 'pglite') return;
    const { processID } = client as pg.PoolClient & { readonly processID: number };
    const address = { ...this.#address(), ...(await this.#login()) };
    // A way that has gone silent would keep it for ever: no session has been told a limit here.
    const beside = new StoreClient({ ...address, query_timeout: this.#options.waitMilliseconds });
    // Its own failure is the caller's to hear once, by the promise.
    beside.on('error', () => {});
    try {
      await beside.connect();
      const name = what === 'statement' ? 'pg_cancel_backend' : 'pg_terminate_backend';
      await beside.query(`select ${name}(${processID})`);
    } finally {
      await beside.end();
    }
  }

  /** Waits for the queries under way. Can be called twice. */
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
        // IAM gives one identity one user. If that ever changes, a pool of the old one would be refused with a riddle.
        if (login.user !== user)
          throw new Error('AWS gives another database user than at the start; start the service anew');
        return login.password;
      },
      max: maxConnections,
      idleTimeoutMillis: idleMilliseconds,
      maxLifetimeSeconds: lifetimeSeconds,
      types: columnTypes,
      // The pool waits for it before anybody gets the connection, but not by a clock of its own.
      onConnect: (client) =>
        withinConnectTimeout(prepareSession(client, target.dialect, statementMilliseconds), waitMilliseconds),
    });
    pool.on('error', onConnectionLost);
    // The pool listens to idle clients only; one that breaks at work fails its query, and must not end the process too.
    pool.on('connect', (client) => client.on('error', () => {}));
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
      // pg waits for ever by default.
      connectionTimeoutMillis: waitMilliseconds,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMilliseconds,
    };
  }
}
