import type { PostgresPool } from 'kysely';
import pg from 'pg';
import { LedgerBusy } from '../../errors.ts';
import { columnTypes } from '../column-types.ts';
import { StoreClient } from '../store-client.ts';
import { settlesWithin, withinConnectTimeout } from '../timeout.ts';
import { tlsOptions } from '../tls.ts';
import { LimitedClient } from './limited-client.ts';
import { type Pace, type PatienceOptions, type StatementLimit, statementLimits } from './limits.ts';
import { prepareSession, statementTimeout } from './session.ts';
import type { LedgerTarget } from './target.ts';
import { Turns } from './turns.ts';
import { LedgerUnusable } from './unusable.ts';

export interface LedgerPoolOptions extends PatienceOptions {
  readonly maxConnections: number;
  /** How long a statement waits for a connection, a new one's opening included; in an embedded ledger as for its answer. */
  readonly waitMilliseconds: number;
  /** How long a recording waits for those before it, here or in another service. A minute where it is not given. */
  readonly turnMilliseconds?: number;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  readonly onConnectionLost: (error: Error) => void;
}

/** Firewalls on the way drop what is silent for 350 s or less. */
const keepAliveMilliseconds = 30_000;
const idleMilliseconds = 10 * 60_000;
/** How long connections that nobody uses have to say goodbye. */
const goodbyeMilliseconds = 2_000;

/** How long a recording waits for those before it. */
export const turnOf = ({ turnMilliseconds = 60_000 }: Pick<LedgerPoolOptions, 'turnMilliseconds'>): number =>
  turnMilliseconds;

/**
 * The connections to the ledger, each prepared before anybody gets it.
 *
 * A recording keeps one for as long as it plans, and may wait long for the push lock: they get half of all connections at
 * most, so that a lease can always be renewed, and somebody who looks gets an answer.
 */
export class LedgerPool {
  readonly #pool: pg.Pool;
  readonly #options: LedgerPoolOptions;
  readonly #dialect: LedgerTarget['dialect'];
  readonly #limits: Readonly<Record<Pace, StatementLimit>>;
  readonly #recordings: Turns;
  readonly #clients = new Set<StoreClient>();
  readonly #busy = new Set<StoreClient>();
  /** What each session was told last of how long a statement may take; it is told anew only where that changes. */
  readonly #told = new WeakMap<StoreClient, number>();
  /** Given up while nobody used them; the pool may not have noticed yet. */
  readonly #dropped = new WeakSet<StoreClient>();

  /** Throws LedgerUnusable where LEDGER_CA can't be read. */
  constructor(target: LedgerTarget, options: LedgerPoolOptions) {
    this.#options = options;
    this.#dialect = target.dialect;
    this.#limits = statementLimits(target.dialect, options);
    this.#recordings = new Turns(Math.max(1, Math.floor(options.maxConnections / 2)));
    this.#pool = this.#open(target);
  }

  /**
   * The connections as Kysely takes them, for statements of one pace.
   *
   * Connecting fails with LedgerBusy where a recording's turn does not come; a statement with LedgerTimeout where its answer
   * does not, and then its connection is gone.
   */
  at(pace: Pace): PostgresPool {
    return { connect: () => this.#connect(pace), end: () => this.end(), options: {} };
  }

  /** Waits for what is under way, but for no goodbye on a way that has gone silent. */
  async end(): Promise<void> {
    const ended = this.#pool.end();
    if (await settlesWithin(ended, goodbyeMilliseconds)) return ended;
    this.#dropIdle();
    await ended;
  }

  async #connect(pace: Pace): Promise<LimitedClient> {
    const turns = pace === 'recording' ? this.#recordings : null;
    if (turns && !(await turns.enter(turnOf(this.#options)))) throw new LedgerBusy();
    const leave = () => turns?.leave();
    const client = await this.#next().catch((error) => {
      leave();
      throw error;
    });
    return this.#lend(client, pace, leave);
  }

  /** A connection that is not known to be dead. */
  async #next(): Promise<StoreClient & pg.PoolClient> {
    for (;;) {
      // The pool makes what it was told to.
      const client = (await this.#pool.connect()) as StoreClient & pg.PoolClient;
      if (!this.#dropped.has(client)) return client;
      client.release(true);
    }
  }

  async #lend(client: StoreClient & pg.PoolClient, pace: Pace, onReturned: () => void): Promise<LimitedClient> {
    const { patience, atServer } = this.#limits[pace];
    this.#busy.add(client);
    const lent = new LimitedClient(client, patience, {
      released: () => {
        this.#busy.delete(client);
        onReturned();
      },
      // The others have gone the same way: whoever took one of them would wait as long, and in vain.
      silent: () => this.#dropIdle(),
    });
    if (this.#dialect === 'pglite' || this.#told.get(client) === atServer) return lent;
    try {
      await lent.query(`select set_config('statement_timeout', $1, false)`, [statementTimeout(atServer)]);
      this.#told.set(client, atServer);
      return lent;
    } catch (error) {
      lent.release(true);
      throw error;
    }
  }

  #dropIdle(): void {
    for (const client of this.#clients) {
      if (this.#busy.has(client)) continue;
      this.#dropped.add(client);
      client.drop();
    }
  }

  #open({ host, port, database, login, tls, dialect }: LedgerTarget): pg.Pool {
    const { maxConnections, onConnectionLost } = this.#options;
    // A new connection to an embedded ledger waits for the one session, as statements do.
    const waitMilliseconds = dialect === 'pglite' ? this.#limits.recording.patience : this.#options.waitMilliseconds;
    // Most connections are for delivery first.
    const { atServer } = this.#limits.delivery;
    const pool = new pg.Pool({
      Client: StoreClient,
      host,
      port,
      database,
      ...login,
      ssl: sslOf(tls),
      max: maxConnections,
      connectionTimeoutMillis: waitMilliseconds,
      idleTimeoutMillis: idleMilliseconds,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMilliseconds,
      types: columnTypes,
      // The pool waits for it before anybody gets the connection, but not by a clock of its own.
      onConnect: (client) => withinConnectTimeout(prepareSession(client, dialect, atServer), waitMilliseconds),
    });
    pool.on('error', onConnectionLost);
    pool.on('connect', (client) => {
      this.#clients.add(client as StoreClient & pg.PoolClient);
      this.#told.set(client as StoreClient & pg.PoolClient, atServer);
      // The pool listens to idle clients only; one that breaks at work fails its statement, and must not end the process too.
      client.on('error', () => {});
    });
    pool.on('remove', (client) => this.#clients.delete(client as StoreClient & pg.PoolClient));
    return pool;
  }
}

function sslOf(tls: LedgerTarget['tls']): ReturnType<typeof tlsOptions> {
  try {
    return tlsOptions(tls);
  } catch (error) {
    throw new LedgerUnusable(`LEDGER_CA can't be read: ${error instanceof Error ? error.message : error}`);
  }
}
