import { type ControlledTransaction, sql } from 'kysely';
import { compareIds } from '../../domain/ids.ts';
import type { Begun, NewRun, Recording, RunOutcome } from '../../push/ledger.ts';
import type { PlannedRow } from '../../push/types.ts';
import type { LedgerDatabase } from './database.ts';
import { previousPush, receiptsIn } from './queries/receipts.ts';
import {
  type BatchRange,
  copyUnaccepted,
  hasRowsFor,
  insertBatches,
  insertRows,
  insertRun,
  runningRun,
  runOfKey,
  takePushLock,
} from './queries/record.ts';
import { type RecordedRows, RecordedRowsCollector } from './recorded-rows.ts';
import type { LedgerTables } from './tables.ts';
import type { LedgerOperation } from './timeouts.ts';

type Transaction = ControlledTransaction<LedgerTables>;

/** The most rows that one statement inserts. */
const rowsPerStatement = 2_000;
/** The most batches that one statement inserts. */
const batchesPerStatement = 500;
/** A run that is refused rolls its rows back to this savepoint, and then adds the few that it keeps. */
const beforeRows = sql.id('before_rows');

/**
 * Begins to record a run. The transaction holds the push lock. A second caller waits for it, and then finds out whether the
 * first run is in progress or was not recorded.
 *
 * @param recorded gets the rows of a run that is to be delivered.
 */
export async function beginRecording(
  database: LedgerDatabase,
  run: NewRun,
  batchRows: number,
  recorded: RecordedRows,
): Promise<Begun> {
  const transaction = await database.begin();
  let isRecording = false;
  try {
    return await database.runOnce('push.begin', async (): Promise<Begun> => {
      const earlier = await runOfKey(transaction, run.idempotencyKey);
      if (earlier) return { kind: 'known', ...earlier };
      if (!run.dryRun) await takePushLock(transaction);
      const number = await insertRun(transaction, run);
      if (number === null) {
        const other = await runOfKey(transaction, run.idempotencyKey);
        if (!other) throw new Error('a run with the same idempotency key was recorded, and no longer exists');
        return { kind: 'known', ...other };
      }
      const running = run.dryRun ? null : await runningRun(transaction);
      if (running !== null) return { kind: 'busy', runId: running };
      const collector = new RecordedRowsCollector(run.build.version);
      const recording = await new LedgerRecording(
        database,
        transaction,
        number,
        batchRows,
        !run.dryRun,
        collector,
        recorded,
      ).begin();
      isRecording = true;
      return { kind: 'recording', recording };
    });
  } finally {
    if (!isRecording) await rollBack(transaction);
  }
}

async function rollBack(transaction: Transaction): Promise<void> {
  if (transaction.isCommitted || transaction.isRolledBack) return;
  // If the connection is lost, the server rolls back.
  await transaction
    .rollback()
    .execute()
    .catch(() => {});
}

/** Adds rows to a run in the transaction that has inserted it. The first failure rolls it back. */
class LedgerRecording implements Recording {
  readonly #database: LedgerDatabase;
  readonly #transaction: Transaction;
  readonly #runNumber: string;
  readonly #batchRows: number;
  /** Whether the transaction holds the push lock. */
  readonly #isLocked: boolean;
  readonly #collector: RecordedRowsCollector;
  readonly #recorded: RecordedRows;
  #batching: Batching;
  /** Full batches that are not inserted yet. One statement for each would take as many round trips as the rows. */
  #waiting: BatchRange[] = [];
  #rows = 0;
  #batches = 0;
  #failed: { readonly error: unknown } | null = null;
  /** Resolves when the last step has ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    database: LedgerDatabase,
    transaction: Transaction,
    runNumber: string,
    batchRows: number,
    isLocked: boolean,
    collector: RecordedRowsCollector,
    recorded: RecordedRows,
  ) {
    this.#isLocked = isLocked;
    this.#collector = collector;
    this.#recorded = recorded;
    this.#database = database;
    this.#transaction = transaction;
    this.#runNumber = runNumber;
    this.#batchRows = batchRows;
    this.#batching = new Batching(batchRows);
  }

  /** Must be called first. */
  async begin(): Promise<this> {
    await this.#do('push.record', (db) => sql`savepoint ${beforeRows}`.execute(db));
    return this;
  }

  receipts: Recording['receipts'] = (range) => this.#do('push.receipts', (db) => receiptsIn(db, range));

  previous: Recording['previous'] = () => this.#do('push.previous', previousPush);

  async add(rows: readonly PlannedRow[]): Promise<void> {
    for (let from = 0; from < rows.length; from += rowsPerStatement) {
      const part = rows.slice(from, from + rowsPerStatement);
      await this.#do('push.record', async (db) => {
        const full = this.#batching.add(part.map((row) => row.iterationId));
        await insertRows(db, this.#runNumber, part, this.#isLocked);
        this.#waiting.push(...full);
        if (this.#waiting.length >= batchesPerStatement) await this.#insertWaiting(db);
        this.#collector.add(part, full);
      });
    }
    this.#rows = this.#batching.rows;
    this.#batches = this.#batching.batches;
  }

  addUnaccepted(runId: string): Promise<number | null> {
    return this.#do('push.record', async (db) => {
      if (this.#rows > 0) throw new Error('rows were added already; a retry only copies rows');
      const hasRows = await hasRowsFor(db, this.#runNumber, runId);
      if (hasRows === false) return null;
      if (hasRows === null) throw new Error(`push run ${runId} does not exist, or is of another build than its retry`);
      this.#rows = await copyUnaccepted(db, this.#runNumber, runId, this.#batchRows);
      this.#batches = Math.ceil(this.#rows / this.#batchRows);
      return this.#rows;
    });
  }

  async commit(outcome: RunOutcome): Promise<void> {
    const { state, planHash, totals, findings, acceptedShrink, keptRows } = outcome;
    if (state === 'REFUSED') await this.#replaceRows(keptRows);
    await this.#do('push.record', async (db) => {
      this.#waiting.push(...this.#batching.rest());
      await this.#insertWaiting(db);
      await db
        .updateTable('ledger.push_runs')
        .set({
          state,
          plan_hash: planHash,
          totals: JSON.stringify(totals),
          findings: JSON.stringify(findings),
          accepted_shrink_percent: acceptedShrink?.percent ?? null,
          accepted_shrink_minimum: acceptedShrink?.minimum ?? null,
          planned: String(this.#rows),
          batches: this.#batches,
          finished_at: state === 'RUNNING' ? null : sql<string>`clock_timestamp()`,
        })
        .where('number', '=', this.#runNumber)
        .execute();
    });
    // An operation by itself: only its outcome can be unknown.
    await this.#do('push.commit', () => this.#transaction.commit().execute());
    if (state === 'RUNNING') this.#recorded.keep(this.#collector.end(this.#runNumber, this.#batching.rest()));
  }

  async #insertWaiting(db: Transaction): Promise<void> {
    const batches = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < batches.length; from += batchesPerStatement) {
      await insertBatches(db, this.#runNumber, batches.slice(from, from + batchesPerStatement));
    }
  }

  /** Drops all rows, and adds these. */
  async #replaceRows(rows: readonly PlannedRow[]): Promise<void> {
    await this.#do('push.record', (db) => sql`rollback to savepoint ${beforeRows}`.execute(db));
    this.#batching = new Batching(this.#batchRows);
    this.#waiting = [];
    [this.#rows, this.#batches] = [0, 0];
    await this.add(rows);
  }

  async rollback(): Promise<void> {
    await this.#last;
    await rollBack(this.#transaction);
  }

  /**
   * Runs one step after another, as a transaction has one connection. When a step fails, the transaction is rolled back, and
   * later steps fail with the same error without sending a statement, which would run outside of the transaction.
   */
  #do<Result>(operation: LedgerOperation, work: (db: Transaction) => Promise<Result>): Promise<Result> {
    const done = this.#last.then(() => this.#doNow(operation, work));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #doNow<Result>(operation: LedgerOperation, work: (db: Transaction) => Promise<Result>): Promise<Result> {
    if (this.#failed) throw this.#failed.error;
    try {
      return await this.#database.runOnce(operation, () => work(this.#transaction));
    } catch (error) {
      this.#failed = { error };
      await rollBack(this.#transaction);
      throw error;
    }
  }
}

/** Cuts rows, which come in the order of their ids, into batches of a size. */
class Batching {
  readonly #size: number;
  /** The batch that is not full yet. */
  #current: BatchRange | null = null;
  #lastId: string | null = null;
  rows = 0;
  batches = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Counts rows in.
   *
   * @returns the batches that have become full.
   * @throws if an id is not greater than the one before it.
   */
  add(iterationIds: readonly string[]): BatchRange[] {
    const full: BatchRange[] = [];
    for (const id of iterationIds) {
      if (this.#lastId !== null && compareIds(id, this.#lastId) <= 0) {
        throw new Error(`rows must be recorded in the order of iterations' ids, but ${id} came after ${this.#lastId}`);
      }
      this.#lastId = id;
      this.rows += 1;
      this.#current ??= { number: ++this.batches, firstId: id, lastId: id, rowCount: 0 };
      this.#current = { ...this.#current, lastId: id, rowCount: this.#current.rowCount + 1 };
      if (this.#current.rowCount < this.#size) continue;
      full.push(this.#current);
      this.#current = null;
    }
    return full;
  }

  /** The last batch, if it is not full. */
  rest(): BatchRange[] {
    return this.#current ? [this.#current] : [];
  }
}
