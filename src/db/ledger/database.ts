import { type ControlledTransaction, Kysely, PostgresDialect, sql } from 'kysely';
import { CommitOutcomeUnknown, LedgerBusy, LedgerUnavailable } from '../../errors.ts';
import type { StoreFault } from '../store-faults.ts';
import { type LedgerWork, type Pace, paces } from './limits.ts';
import { migrate } from './migrations/index.ts';
import { LedgerPool, type LedgerPoolOptions, turnOf } from './pool.ts';
import { limitLockWaits } from './session.ts';
import type { LedgerTables } from './tables.ts';
import { faultOf, type LedgerTarget } from './target.ts';
import { LedgerUnusable } from './unusable.ts';

/** Builds and sends statements, within a transaction or outside. */
export type LedgerConnection = Kysely<LedgerTables>;

export interface ReachedLedger {
  readonly target: LedgerTarget;
  /** Called last, once no connection is open any more. */
  close(): Promise<void>;
}

export interface LedgerOptions extends LedgerPoolOptions {
  /** Where the ledger is; opens an embedded one. Called when the ledger is first needed, again after a failure. */
  readonly reach: () => Promise<ReachedLedger>;
  /** Told of each thing that failed (by its stable name), and why. */
  readonly onFault?: (name: LedgerWork, fault: StoreFault, error: unknown) => void;
}

interface Opened {
  /** The same connections at every pace. */
  readonly at: (pace: Pace) => LedgerConnection;
  readonly pool: LedgerPool;
  readonly reached: ReachedLedger;
}

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
  run<Result>(name: LedgerWork, work: (db: LedgerConnection) => Promise<Result>): Promise<Result> {
    return this.runOnce(name, (db) =>
      work(db).catch((error: unknown) => {
        if (this.#faultOf(error).kind !== 'lost') throw error;
        return work(db);
      }),
    );
  }

  /** The same for work that must not be done twice. */
  async runOnce<Result>(name: LedgerWork, work: (db: LedgerConnection) => Promise<Result>): Promise<Result> {
    try {
      return await work((await this.#open()).at(paces[name]));
    } catch (error) {
      throw this.#toDomain(name, error);
    }
  }

  /**
   * Begins a recording's transaction; whoever asks must end it. Throws like `run`.
   *
   * @throws {LedgerBusy} where its turn does not come in time.
   */
  begin(): Promise<ControlledTransaction<LedgerTables>> {
    return this.run('push.begin', async (db) => {
      const transaction = await db.startTransaction().execute();
      try {
        await limitLockWaits(transaction, turnOf(this.#options));
        return transaction;
      } catch (error) {
        await transaction
          .rollback()
          .execute()
          .catch(() => {});
        throw error;
      }
    });
  }

  /** Waits for what is under way. Can be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      const opened = await this.#opening?.catch(() => null);
      if (!opened) return;
      await opened.pool.end();
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
    let pool: LedgerPool | null = null;
    try {
      pool = new LedgerPool(target, this.#options);
      const at = connections(pool);
      await migrate(at('opening'), 'latest');
      // Nobody else does it there: PGlite has no background processes.
      if (target.dialect === 'pglite') await sql`vacuum (analyze)`.execute(at('opening'));
      return { at, pool, reached };
    } catch (error) {
      await pool?.end();
      await reached.close();
      throw error;
    }
  }

  #toDomain(name: LedgerWork, error: unknown): unknown {
    if (error instanceof LedgerUnavailable) return error;
    // Whoever begins a push waits for the lock of another one, and for nothing else.
    if (name === 'push.begin' && isLockTimeout(error)) return new LedgerBusy({ cause: error });
    const fault = this.#faultOf(error);
    this.#options.onFault?.(name, fault, error);
    if (fault.kind === 'statement') return error;
    return name === 'push.commit'
      ? new CommitOutcomeUnknown({ cause: error })
      : new LedgerUnavailable({ cause: error });
  }

  #faultOf(error: unknown): StoreFault {
    if (this.#target && !(error instanceof LedgerUnusable)) return faultOf(error, this.#target);
    // A ledger that could not even be reached says itself what to do.
    return { kind: 'refused', explanation: error instanceof Error ? error.message : String(error) };
  }
}

/** What builds and sends statements at each pace; made once for each. */
function connections(pool: LedgerPool): (pace: Pace) => LedgerConnection {
  const made = new Map<Pace, LedgerConnection>();
  return (pace) => {
    const known = made.get(pace);
    if (known) return known;
    const db = new Kysely<LedgerTables>({ dialect: new PostgresDialect({ pool: pool.at(pace) }) });
    made.set(pace, db);
    return db;
  };
}

const isLockTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '55P03';
