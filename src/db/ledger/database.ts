import { type ControlledTransaction, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { LedgerUnavailable } from '../../errors.ts';
import { StoreClient } from '../client.ts';
import type { Fault } from '../faults.ts';
import { tlsOptions } from '../tls.ts';
import { columnTypes } from '../types.ts';
import { migrate, NewerLedger } from './migrations/index.ts';
import { prepareSession } from './session.ts';
import type { LedgerTables } from './tables.ts';
import { faultOf, type LedgerTarget } from './target.ts';

/** Builds and sends statements, within a transaction or outside. */
export type LedgerConnection = Kysely<LedgerTables>;

export interface ReachedLedger {
  readonly target: LedgerTarget;
  /** Called last, once no connection is open any more. */
  close(): Promise<void>;
}

export interface LedgerOptions {
  /** Where the ledger is; opens an embedded one. Called when the ledger is first needed, again after a failure. */
  readonly reach: () => Promise<ReachedLedger>;
  readonly maxConnections: number;
  /** How long a statement waits for a connection, a new one's opening included. */
  readonly waitMilliseconds: number;
  /** No statement may take longer, what it waits for the push lock included. */
  readonly statementMilliseconds: number;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  readonly onConnectionLost: (error: Error) => void;
  /** Told of each thing that failed (by its stable name), and why. */
  readonly onFault?: (name: string, fault: Fault, error: unknown) => void;
}

interface Opened {
  readonly db: LedgerConnection;
  readonly reached: ReachedLedger;
}

/** Firewalls on the way drop what is silent for 350 s or less. */
const keepAliveMilliseconds = 30_000;
const idleMilliseconds = 10 * 60_000;

/** The ledger's database, opened and brought up to date when it is first needed. */
export class LedgerDatabase {
  readonly #options: LedgerOptions;
  #opening: Promise<Opened> | null = null;
  #closed: Promise<void> | null = null;
  /** Null until it is reached. */
  #target: LedgerTarget | null = null;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /**
   * Does work, under its stable name, that may be done twice: once more where its connection breaks, which may have died
   * in the pool long ago.
   *
   * @throws {LedgerUnavailable} where the ledger can't be asked, or did not answer in time.
   */
  run<Result>(name: string, work: (db: LedgerConnection) => Promise<Result>): Promise<Result> {
    return this.runOnce(name, (db) =>
      work(db).catch((error: unknown) => {
        if (this.#faultOf(error).kind !== 'lost') throw error;
        return work(db);
      }),
    );
  }

  /** The same for work that must not be done twice. */
  async runOnce<Result>(name: string, work: (db: LedgerConnection) => Promise<Result>): Promise<Result> {
    try {
      return await work((await this.#open()).db);
    } catch (error) {
      throw this.#toDomain(name, error);
    }
  }

  /** Begins a transaction; whoever asks must end it. Throws like `run`. */
  begin(name: string): Promise<ControlledTransaction<LedgerTables>> {
    return this.run(name, (db) => db.startTransaction().execute());
  }

  /** Waits for what is under way. Can be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      const opened = await this.#opening?.catch(() => null);
      if (!opened) return;
      await opened.db.destroy();
      await opened.reached.close();
    })();
    return this.#closed;
  }

  #open(): Promise<Opened> {
    if (this.#closed) return Promise.reject(new Error('the ledger is closed'));
    // A failure is not kept: whoever comes next tries again.
    this.#opening ??= this.#openNow().catch((error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #openNow(): Promise<Opened> {
    this.#target = null;
    const reached = await this.#options.reach();
    const { target } = reached;
    this.#target = target;
    const db = new Kysely<LedgerTables>({ dialect: new PostgresDialect({ pool: this.#pool(target) }) });
    try {
      await migrate(db, 'latest');
      // Nobody else does it there: PGlite has no background processes.
      if (target.dialect === 'pglite') await sql`vacuum (analyze)`.execute(db);
      return { db, reached };
    } catch (error) {
      await db.destroy();
      await reached.close();
      throw error;
    }
  }

  #pool({ host, port, database, login, tls, dialect }: LedgerTarget): pg.Pool {
    const { maxConnections, waitMilliseconds, statementMilliseconds, onConnectionLost } = this.#options;
    const pool = new pg.Pool({
      Client: StoreClient,
      host,
      port,
      database,
      ...login,
      ssl: tlsOptions(tls),
      max: maxConnections,
      connectionTimeoutMillis: waitMilliseconds,
      idleTimeoutMillis: idleMilliseconds,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMilliseconds,
      types: columnTypes,
      // The pool waits for it before anybody gets the connection.
      onConnect: (client) => prepareSession(client, dialect, statementMilliseconds),
    });
    pool.on('error', onConnectionLost);
    // The pool listens to idle clients only; one that breaks at work fails its statement, and must not end the process too.
    pool.on('connect', (client) => client.on('error', () => {}));
    return pool;
  }

  #toDomain(name: string, error: unknown): unknown {
    if (error instanceof LedgerUnavailable) return error;
    const fault = this.#faultOf(error);
    this.#options.onFault?.(name, fault, error);
    return fault.kind === 'statement' ? error : new LedgerUnavailable({ cause: error });
  }

  #faultOf(error: unknown): Fault {
    if (this.#target && !(error instanceof NewerLedger)) return faultOf(error, this.#target);
    // A ledger that could not even be reached says itself what to do.
    return { kind: 'refused', explanation: error instanceof Error ? error.message : String(error) };
  }
}
