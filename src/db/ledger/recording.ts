import { type ControlledTransaction, sql } from 'kysely';
import type { Recording, RunOutcome } from '../../push/ledger.ts';
import type { PlannedRow } from '../../push/types.ts';
import { Batching } from './batching.ts';
import type { LedgerDatabase } from './database.ts';
import type { LedgerWork } from './limits.ts';
import { previousPush, receiptsIn } from './queries/receipts.ts';
import { copyUnaccepted, hasRowsFor, insertBatches, insertRows } from './queries/record.ts';
import type { LedgerTables } from './tables.ts';

type Transaction = ControlledTransaction<LedgerTables>;

/** So many rows go into one statement at most, whatever was added at once. */
const rowsPerStatement = 2_000;
/** What the rows of a run that is refused are undone to. */
const beforeRows = sql.id('before_rows');

/** Fills a run in the transaction that has written it. What fails ends the whole. */
export class LedgerRecording implements Recording {
  readonly #database: LedgerDatabase;
  readonly #transaction: Transaction;
  readonly #runNumber: string;
  readonly #batchRows: number;
  readonly #batching: Batching;
  #rows = 0;
  #batches = 0;
  /** Ends when nothing is under way. */
  #failed: { readonly error: unknown } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: LedgerDatabase, transaction: Transaction, runNumber: string, batchRows: number) {
    this.#database = database;
    this.#transaction = transaction;
    this.#runNumber = runNumber;
    this.#batchRows = batchRows;
    this.#batching = new Batching(batchRows);
  }

  /** To be called first. */
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
        await insertRows(db, this.#runNumber, part);
        await insertBatches(db, this.#runNumber, full);
      });
    }
    this.#rows = this.#batching.rows;
    this.#batches = this.#batching.batches;
  }

  addUnaccepted(runId: string): Promise<number | null> {
    return this.#do('push.record', async (db) => {
      if (this.#rows > 0) throw new Error('a retry has no rows of its own');
      const hasRows = await hasRowsFor(db, this.#runNumber, runId);
      if (hasRows === false) return null;
      if (hasRows === null) {
        throw new Error(`there is no push run ${runId} of the build that its retry is of`);
      }
      this.#rows = await copyUnaccepted(db, this.#runNumber, runId, this.#batchRows);
      this.#batches = Math.ceil(this.#rows / this.#batchRows);
      return this.#rows;
    });
  }

  async commit({ state, planHash, totals, findings }: RunOutcome): Promise<void> {
    await this.#do('push.record', async (db) => {
      const isRefused = state === 'REFUSED';
      if (isRefused) await sql`rollback to savepoint ${beforeRows}`.execute(db);
      else await insertBatches(db, this.#runNumber, this.#batching.rest());
      await db
        .updateTable('ledger.push_runs')
        .set({
          state,
          plan_hash: planHash,
          totals: JSON.stringify(totals),
          findings: JSON.stringify(findings),
          planned: isRefused ? '0' : String(this.#rows),
          batches: isRefused ? 0 : this.#batches,
          finished_at: state === 'RUNNING' ? null : sql<string>`clock_timestamp()`,
        })
        .where('number', '=', this.#runNumber)
        .execute();
    });
    // By itself: only of this it can be unknown what was done.
    await this.#do('push.commit', () => this.#transaction.commit().execute());
  }

  async rollback(): Promise<void> {
    await this.#last;
    await this.#rollBack();
  }

  async #rollBack(): Promise<void> {
    if (this.#transaction.isCommitted || this.#transaction.isRolledBack) return;
    // A connection that is gone has taken the transaction with it.
    await this.#transaction
      .rollback()
      .execute()
      .catch(() => {});
  }

  /**
   * One after the other, as a transaction has one connection. Where one fails, the transaction is rolled back, and those that
   * wait fail as it did: nothing of them reaches the connection, on which it would be kept, and whoever asked hears the cause.
   */
  #do<Result>(name: LedgerWork, work: (db: Transaction) => Promise<Result>): Promise<Result> {
    const done = this.#last.then(() => this.#doNow(name, work));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #doNow<Result>(name: LedgerWork, work: (db: Transaction) => Promise<Result>): Promise<Result> {
    if (this.#failed) throw this.#failed.error;
    try {
      return await this.#database.runOnce(name, () => work(this.#transaction));
    } catch (error) {
      this.#failed = { error };
      await this.#rollBack();
      throw error;
    }
  }
}
