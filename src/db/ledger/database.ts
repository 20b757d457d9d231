import { type ControlledTransaction, type Kysely, sql } from 'kysely';
import { untilAborted } from '../../abort.ts';
import { CommitOutcomeUnknown, LedgerBusy, LedgerUnavailable } from '../../errors.ts';
import { type OnQueryEnd, type PoolState, timeQuery } from '../observation.ts';
import type { StoreFault } from '../store-faults.ts';
import { migrate } from './migrations/index.ts';
import { LedgerPool, type LedgerPoolOptions } from './pool.ts';
import type { LedgerTables } from './tables.ts';
import { faultOf, LedgerSetupError, type LedgerTarget } from './target.ts';
import { type LedgerOperation, ledgerTimeouts, poolOf, poolSizes, type TimeoutOptions } from './timeouts.ts';

/** Builds and sends statements, within a transaction or outside. */
export type LedgerConnection = Kysely<LedgerTables>;

/** A ledger's database that can be connected to. */
export interface OpenTarget {
  readonly target: LedgerTarget;
  /** Whether `migrateLedger` has been called. Otherwise opening does it. Default: false. */
  readonly isMigrated?: boolean;
  /** Called last, after all connections are closed. */
  close(): Promise<void>;
}

export interface LedgerOptions extends TimeoutOptions {
  /** Finds the ledger's database; starts an embedded one. Called when the ledger is first used, and again after a failure. */
  readonly openTarget: () => Promise<OpenTarget>;
  /** For all pools together; at least 4, or 1 if `onlyReads`. */
  readonly maxConnections: number;
  /** Whether only operations of the pool `reading` are called. It then has all connections. Default: false. */
  readonly onlyReads?: boolean;
  /** How long a statement waits for a connection, including opening it. Ignored in an embedded ledger. */
  readonly waitMilliseconds: number;
  /** How long a recording waits for earlier ones, in this process or another. Default: 1 min. */
  readonly recordingWaitMilliseconds?: number;
  /** How long the change of a saved query waits for others, in this process or another. Default: 5 s. */
  readonly savedQueryWaitMilliseconds?: number;
  /** Called when an idle connection breaks; its pool replaces it. */
  readonly onConnectionLost: (error: Error) => void;
  readonly onQueryEnd?: OnQueryEnd;
  /** Called for each operation that failed. */
  readonly onFault?: (operation: LedgerOperation, fault: StoreFault, error: unknown) => void;
}

/** The ledger's database, opened and migrated when it is first used. */
export class LedgerDatabase {
  readonly #options: LedgerOptions;
  #opening: Promise<OpenLedger> | null = null;
  #opened: OpenLedger | null = null;
  #isUsed = false;
  #closed: Promise<void> | null = null;
  /** Null until it is known. */
  #target: LedgerTarget | null = null;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /**
   * Does work that may be repeated: it is retried once if its connection is lost, which may have happened while it was idle, or if
   * it conflicted with a write of another session, which it then finds done.
   *
   * @param signal ends the work; a statement in progress is cancelled.
   * @throws {LedgerUnavailable} if the ledger can't be reached, or did not answer in time.
   * @throws the signal's reason once it is aborted.
   */
  run<Result>(
    operation: LedgerOperation,
    work: (db: LedgerConnection) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const twice = (db: LedgerConnection) =>
      work(db).catch((error: unknown) => {
        if (this.#faultOf(error).kind !== 'lost' && !isConflict(error)) throw error;
        return work(db);
      });
    return this.runOnce(operation, twice, signal);
  }

  /** The same for work that must not be repeated. */
  async runOnce<Result>(
    operation: LedgerOperation,
    work: (db: LedgerConnection) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const end = timeQuery(operation, this.#options.onQueryEnd);
    try {
      // Opening is shared with other requests, so it continues.
      const result = await work((await untilAborted(this.#open(), signal)).db(operation, signal));
      end('ok');
      return result;
    } catch (error) {
      if (signal?.aborted) {
        // Its own effect: nothing is wrong with the ledger.
        end('aborted');
        throw signal.reason;
      }
      end(this.#outcomeOf(operation, error));
      throw this.#toDomainError(operation, error);
    }
  }

  /** Whether it has been used. It may be unavailable nevertheless. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** The connections of its pools at this moment; none while it is not open. */
  pools(): readonly PoolState[] {
    return this.#opened?.pools() ?? [];
  }

  /**
   * Begins a recording's transaction, which the caller must end. Throws like `run`.
   *
   * @throws {LedgerBusy} if earlier recordings keep all connections for too long.
   */
  begin(): Promise<ControlledTransaction<LedgerTables>> {
    return this.run('push.begin', (db) => db.startTransaction().execute());
  }

  /** Waits for operations in progress. Can be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => (await this.#opening?.catch(() => null))?.close())();
    return this.#closed;
  }

  #open(): Promise<OpenLedger> {
    if (this.#closed) return Promise.reject(new Error('the ledger is closed'));
    this.#isUsed = true;
    // A failure is not kept: the next operation tries again.
    this.#opening ??= this.#openNow().catch((error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #openNow(): Promise<OpenLedger> {
    this.#target = null;
    const found = await this.#options.openTarget();
    this.#target = found.target;
    try {
      this.#opened = await openLedger(found, this.#options);
      return this.#opened;
    } catch (error) {
      await found.close();
      throw error;
    }
  }

  #toDomainError(operation: LedgerOperation, error: unknown): unknown {
    if (error instanceof LedgerUnavailable) return error;
    if (operation === 'push.begin' && isRecordingWaitOver(error)) return new LedgerBusy({ cause: error });
    const fault = this.#faultOf(error);
    this.#options.onFault?.(operation, fault, error);
    if (fault.kind === 'statement') return error;
    return operation === 'push.commit'
      ? new CommitOutcomeUnknown({ cause: error })
      : new LedgerUnavailable({ cause: error });
  }

  #outcomeOf(operation: LedgerOperation, error: unknown): string {
    if (operation === 'push.begin' && isRecordingWaitOver(error)) return 'busy';
    return this.#faultOf(error instanceof LedgerUnavailable ? error.cause : error).kind;
  }

  #faultOf(error: unknown): StoreFault {
    if (this.#target && !(error instanceof LedgerSetupError)) return faultOf(error, this.#target);
    return { kind: 'refused', explanation: error instanceof Error ? error.message : String(error) };
  }
}

interface OpenLedger {
  /** What an operation's statements are sent with. */
  readonly db: (operation: LedgerOperation, signal?: AbortSignal) => LedgerConnection;
  readonly pools: () => readonly PoolState[];
  readonly close: () => Promise<void>;
}

/**
 * Creates or migrates the tables, over a connection of its own.
 *
 * @throws {LedgerSetupError} if a newer version of the service has migrated them.
 * @throws what the driver throws.
 */
export async function migrateLedger(
  target: LedgerTarget,
  options: TimeoutOptions & Pick<LedgerOptions, 'waitMilliseconds' | 'onConnectionLost'>,
): Promise<void> {
  const { waitMilliseconds, onConnectionLost } = options;
  const timeout = ledgerTimeouts(target.dialect, options).migration;
  // A new connection to an embedded ledger waits for its one session, like a statement.
  const connectMilliseconds = target.dialect === 'pglite' ? timeout.client : waitMilliseconds;
  const pool = new LedgerPool(target, {
    ...{ size: 1, timeout, connectMilliseconds, waitMilliseconds: connectMilliseconds, lockMilliseconds: 0 },
    onTimeout: () => {},
    onConnectionLost,
  });
  try {
    await migrate(pool.db(), 'latest');
    // PGlite has no background processes that do this.
    if (target.dialect === 'pglite') await sql`vacuum (analyze)`.execute(pool.db());
  } finally {
    await pool.end();
  }
}

/** Migrates the ledger if that is not done yet, and makes its pools. */
async function openLedger({ target, isMigrated, close }: OpenTarget, options: LedgerOptions): Promise<OpenLedger> {
  const { onConnectionLost, recordingWaitMilliseconds = 60_000 } = options;
  const timeouts = ledgerTimeouts(target.dialect, options);
  const sizes = poolSizes(options.maxConnections, options.onlyReads);
  const pools: LedgerPool[] = [];
  const open = (
    name: keyof typeof sizes,
    waits: Partial<Pick<LedgerPoolOptions, 'waitMilliseconds' | 'lockMilliseconds'>> = {},
  ) => {
    // As in `migrateLedger`.
    const connectMilliseconds = target.dialect === 'pglite' ? timeouts[name].client : options.waitMilliseconds;
    const pool = new LedgerPool(target, {
      size: sizes[name],
      timeout: timeouts[name],
      connectMilliseconds,
      waitMilliseconds: connectMilliseconds,
      lockMilliseconds: 0,
      ...waits,
      // Idle connections share the network path of the one that got no answer.
      onTimeout: () => pools.forEach((each) => void each.dropIdle()),
      onConnectionLost,
    });
    pools.push(pool);
    return pool;
  };

  if (!isMigrated) await migrateLedger(target, options);
  const recording = open('recording', {
    waitMilliseconds: recordingWaitMilliseconds,
    lockMilliseconds: recordingWaitMilliseconds,
  });
  const byName = { recording, leases: open('leases'), delivery: open('delivery'), reading: open('reading') };
  const { leases, delivery, reading } = byName;
  const dbs = { recording: recording.db(), leases: leases.db(), delivery: delivery.db(), reading: reading.db() };
  const finish = delivery.db(timeouts.recording.client);
  return {
    db: (operation, signal) => {
      if (signal) return byName[poolOf[operation]].db(undefined, signal);
      return operation === 'push.finish' ? finish : dbs[poolOf[operation]];
    },
    pools: () =>
      Object.entries({ recording, leases, delivery, reading }).flatMap(([name, pool]) => {
        const state = pool.state(name);
        return state.max > 0 ? [state] : [];
      }),
    close: async () => {
      await Promise.all([recording, leases, delivery, reading].map((pool) => pool.end()));
      await close();
    },
  };
}

/**
 * Whether a statement failed, and changed nothing, because of a write that it had to wait for: a deadlock, or a row that was inserted
 * meanwhile. A statement still sees other tables' rows as they were before the wait.
 */
const isConflict = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '23505');

const pushLockTimeout = '55P03';

/** A recording waits for a connection of its pool, then for the push lock. */
const isRecordingWaitOver = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && error.code === pushLockTimeout) || error.message === 'timeout exceeded when trying to connect');
