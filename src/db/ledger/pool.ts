import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { untilAborted } from '../../abort.ts';
import { columnTypes } from '../column-types.ts';
import { type PoolState, poolState } from '../observation.ts';
import { signalBackend } from '../signal-backend.ts';
import { StoreClient } from '../store-client.ts';
import { settlesWithin } from '../timeout.ts';
import { tlsOptions } from '../tls.ts';
import type { LedgerTables } from './tables.ts';
import { LedgerSetupError, type LedgerTarget } from './target.ts';
import type { StatementTimeout } from './timeouts.ts';

export interface LedgerPoolOptions {
  readonly size: number;
  readonly timeout: StatementTimeout;
  /** How long a statement waits for a lock; 0: as long as it may take. */
  readonly lockMilliseconds: number;
  /** How long a statement waits for a connection while all are in use. */
  readonly waitMilliseconds: number;
  /** How long opening a connection may take. */
  readonly connectMilliseconds: number;
  /** Called when an answer did not come in time. */
  readonly onTimeout: () => void;
  /** Called when an idle connection breaks; the pool replaces it. */
  readonly onConnectionLost: (error: Error) => void;
}

type PooledClient = StoreClient & pg.PoolClient;

/** Less than 350 s, after which firewalls drop silent connections. */
const keepAliveMilliseconds = 30_000;
const idleMilliseconds = 10 * 60_000;
/** How long a closed connection may wait for the server. */
const closeMilliseconds = 2_000;
/** How long the server has to cancel a statement before its connection is dropped. */
const cancelMilliseconds = 2_000;
/** How long a transaction may wait for its client: reading a page of a plan from the warehouse can take minutes. */
const idleInTransactionMilliseconds = 10 * 60_000;

/** A pool of connections to the ledger, all with the same session settings. */
export class LedgerPool {
  readonly #pool: pg.Pool;
  readonly #target: LedgerTarget;
  readonly #options: LedgerPoolOptions;
  readonly #idle = new Set<PooledClient>();

  /** @throws {LedgerSetupError} if LEDGER_CA can't be read. */
  constructor(target: LedgerTarget, options: LedgerPoolOptions) {
    this.#target = target;
    this.#options = options;
    this.#pool = openPool(target, options);
    this.#pool.on('acquire', (client) => this.#idle.delete(client as PooledClient));
    this.#pool.on('release', (_, client) => this.#idle.add(client as PooledClient));
    this.#pool.on('remove', (client) => this.#idle.delete(client as PooledClient));
  }

  /**
   * Builds and sends statements over the pool's connections. A statement whose answer does not come in time fails, and its
   * connection is dropped.
   *
   * @param timeoutMilliseconds how long to wait for an answer, instead of the pool's client timeout.
   * @param signal once it is aborted, statements fail with its reason, and one in progress is cancelled.
   */
  db(timeoutMilliseconds = this.#options.timeout.client, signal?: AbortSignal): Kysely<LedgerTables> {
    const pool = { connect: () => this.#connect(timeoutMilliseconds, signal), end: async () => {}, options: {} };
    return new Kysely({ dialect: new PostgresDialect({ pool }) });
  }

  state(name: string): PoolState {
    return poolState(name, this.#options.size, this.#pool);
  }

  /** Drops idle connections at once, without notifying the server. */
  dropIdle(): void {
    for (const client of this.#idle) {
      // This makes the pool remove it: the pool listens to its idle clients only.
      client.emit('error', new Error('Connection terminated: another connection to the ledger timed out'));
      client.drop();
    }
  }

  /** Waits for connections in use. */
  async end(): Promise<void> {
    await this.#pool.end();
    // Over a silent network a connection never ends by itself, and would keep the process alive.
    setTimeout(() => {
      for (const client of this.#idle) client.drop();
    }, closeMilliseconds).unref();
  }

  async #connect(timeoutMilliseconds: number, signal: AbortSignal | undefined): Promise<PostgresPoolClient> {
    signal?.throwIfAborted();
    const client = (await untilAborted(this.#pool.connect(), signal, (late) => late.release())) as PooledClient;
    let unusable: unknown = null;
    // Kysely calls it with a text only: there is no cursor.
    const query = async (text: string, values: readonly unknown[]) => {
      if (unusable) throw unusable;
      signal?.throwIfAborted();
      const answer = client.query(timed(text, values, timeoutMilliseconds));
      if (signal && !(await settlesWithin(answer, timeoutMilliseconds, signal)) && signal.aborted) {
        if (!(await this.#cancel(client, answer))) unusable = signal.reason;
        throw signal.reason;
      }
      try {
        return await answer;
      } catch (error) {
        if (!isReadTimeout(error)) throw error;
        unusable = error;
        client.drop();
        this.#options.onTimeout();
        throw error;
      }
    };
    const release = (destroy = false) => client.release(destroy || unusable !== null);
    return { query: query as unknown as PostgresPoolClient['query'], release };
  }

  /** Cancels the statement of a connection, and waits for both, so that the cancellation can't hit another statement. */
  async #cancel(client: PooledClient, answer: Promise<unknown>): Promise<boolean> {
    // All clients of PGlite share one session, which can't be cancelled. The next statement waits for this one.
    if (this.#target.dialect === 'pglite') return true;
    const address = { ...addressOf(this.#target), connectionTimeoutMillis: cancelMilliseconds };
    const cancelled = signalBackend('pg_cancel_backend', client, address, cancelMilliseconds);
    if (await settlesWithin(Promise.allSettled([cancelled, answer]), cancelMilliseconds)) return true;
    client.drop();
    return false;
  }
}

const addressOf = ({ host, port, database, login, tls }: LedgerTarget): pg.ClientConfig => ({
  host,
  port,
  database,
  ...login,
  ssl: sslOf(tls),
});

function openPool(target: LedgerTarget, options: LedgerPoolOptions): pg.Pool {
  const pool = new pg.Pool({
    Client: limitedClient(options.connectMilliseconds),
    ...addressOf(target),
    max: options.size,
    connectionTimeoutMillis: options.waitMilliseconds,
    idleTimeoutMillis: idleMilliseconds,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMilliseconds,
    types: columnTypes,
    // In PGlite all clients share one session's settings, and a session that the server ends is the end of the database.
    ...(target.dialect === 'pglite' ? {} : { onConnect: (client) => prepareSession(client, options) }),
  });
  pool.on('error', options.onConnectionLost);
  // The pool listens to idle clients only. The error of one in use fails its statement, and must not end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** A pool gives its wait to its clients as the limit of opening a connection, too. Here that has a limit of its own. */
const limitedClient = (connectMilliseconds: number): typeof StoreClient =>
  class extends StoreClient {
    constructor(config: pg.ClientConfig = {}) {
      // Inherited, not copied: the pool hides the password from copies.
      super(Object.assign(Object.create(config), { connectionTimeoutMillis: connectMilliseconds }));
    }
  };

async function prepareSession(
  client: pg.ClientBase,
  { timeout, lockMilliseconds, connectMilliseconds }: LedgerPoolOptions,
): Promise<void> {
  const settings: Readonly<Record<string, string | number>> = {
    timezone: 'UTC',
    datestyle: 'ISO',
    application_name: 'attribution-api',
    statement_timeout: Math.max(1, Math.floor(timeout.server)),
    // Always set: the database's own lock_timeout must not apply.
    lock_timeout: Math.ceil(lockMilliseconds),
    // A transaction holds the push lock: it must end when its client is gone.
    idle_in_transaction_session_timeout: idleInTransactionMilliseconds,
    // The statements rely on it: after waiting for a row's lock they read the row's new version.
    default_transaction_isolation: 'read committed',
    // An acknowledged commit must be durable.
    synchronous_commit: 'on',
    // Compiling these short statements takes longer than running them.
    jit: 'off',
  };
  const sets = Object.keys(settings).map((name, index) => `set_config('${name}', $${index + 1}, false)`);
  await client.query(timed(`select ${sets.join(', ')}`, Object.values(settings).map(String), connectMilliseconds));
}

/** A statement with pg's own client-side timeout, which its types leave out. */
const timed = (text: string, values: readonly unknown[], milliseconds: number): pg.QueryConfig =>
  ({ text, values: [...values], query_timeout: milliseconds }) as pg.QueryConfig;

const isReadTimeout = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout';

function sslOf(tls: LedgerTarget['tls']): ReturnType<typeof tlsOptions> {
  try {
    return tlsOptions(tls);
  } catch (error) {
    throw new LedgerSetupError(`LEDGER_CA can't be read: ${error instanceof Error ? error.message : error}`);
  }
}
