import { sql } from 'kysely';
import type { PushLedger, RunRecord } from '../../push/ledger.ts';
import type { DeliveryStore } from '../../push/ports.ts';
import type { RowState } from '../../push/types.ts';
import type { PoolState } from '../observation.ts';
import type { Page, PageRequest } from '../page.ts';
import { LedgerDatabase, type LedgerOptions } from './database.ts';
import { type Backlog, readBacklog } from './queries/backlog.ts';
import { nextBatch, readHandover, runProgress } from './queries/batch-reads.ts';
import { postponeBatch, recordAttempt, splitBatch } from './queries/batch-writes.ts';
import { takeEndedRun } from './queries/ended-runs.ts';
import { type LastPushRecord, lastPushes } from './queries/last-pushes.ts';
import {
  claimRun,
  finishRun,
  recordResumedRun,
  recordRunWait,
  releaseLease,
  renewLease,
  requestCancel,
  requestResume,
} from './queries/leases.ts';
import { deleteOldRows } from './queries/prune.ts';
import { previousPush, receiptsIn } from './queries/receipts.ts';
import { runOfKey } from './queries/record.ts';
import { type RowRecord, rowPages } from './queries/rows.ts';
import { countRuns, type RunFilter, runPage, runsByIds } from './queries/runs.ts';
import { settleBatch } from './queries/settle-batch.ts';
import { RecordedRows } from './recorded-rows.ts';
import { beginRecording } from './recording.ts';
import { type SavedQueryStore, savedQueriesOf } from './saved-query-store.ts';

export { type LedgerOptions, migrateLedger, type OpenTarget } from './database.ts';

/** The ledger of pushes and saved queries: a PostgreSQL database, opened when it is first used. */
export interface Ledger {
  readonly pushes: PushLedger;
  readonly delivery: DeliveryStore;
  readonly reads: LedgerReads;
  readonly savedQueries: SavedQueryStore;
  readonly status: LedgerStatus;
  /**
   * Deletes one batch of rows, and their results, of a run that ended more than `keepMilliseconds` ago. Runs and receipts
   * stay.
   *
   * @returns whether there may be more to delete.
   */
  prune(keepMilliseconds: number): Promise<boolean>;
  /** Waits for operations in progress. Can be called twice. */
  close(): Promise<void>;
}

/** The ledger as an operator watches it. */
export interface LedgerStatus {
  /**
   * What running pushes still have to deliver; null if the ledger was not used yet, and must not be opened for this.
   *
   * @throws {LedgerUnavailable}
   */
  backlog(): Promise<Backlog | null>;
  /** The connections at this moment. */
  pools(): readonly PoolState[];
}

/** Reads for requests. Each is one statement, and throws LedgerUnavailable if the ledger can't be read. */
export interface LedgerReads {
  /** The same reads for one request: once the signal is aborted they fail with its reason, and are cancelled in the ledger too. */
  within(signal: AbortSignal): LedgerReads;
  runsByIds(ids: readonly string[]): Promise<RunRecord[]>;
  /** Newest first; the position is `[run.number]`. */
  runPage(filter: RunFilter, page: PageRequest): Promise<Page<RunRecord>>;
  countRuns(filter: RunFilter): Promise<number>;
  /** By run id, in the order of iterations' ids; the position is `[row.iterationId]`. For the number of rows see `run.counts`. */
  rowPages(
    runIds: readonly string[],
    states: readonly RowState[] | null,
    page: PageRequest,
  ): Promise<Map<string, Page<RowRecord>>>;
  lastPushes(iterationIds: readonly string[]): Promise<LastPushRecord[]>;
}

/**
 * Opens a ledger. It connects when it is first used.
 *
 * @param options `batchRows`: the most rows in a request to AdSuite. `statusOpens`: whether `status` counts as use at this moment. An
 *   embedded ledger is not started to look at it.
 */
export function openLedger(
  options: LedgerOptions & { readonly batchRows: number; readonly statusOpens?: () => boolean },
): Ledger {
  const database = new LedgerDatabase(options);
  const recorded = new RecordedRows();
  return {
    pushes: {
      receipts: (range) => database.run('push.receipts', (db) => receiptsIn(db, range)),
      previous: () => database.run('push.previous', previousPush),
      begin: (run) => beginRecording(database, run, options.batchRows, recorded),
      known: (key) => database.run('push.known', (db) => runOfKey(db, key)),
      find: async (runId) => {
        const [run] = await database.run('pushes.byId', (db) => runsByIds(db, [runId]));
        return run ?? null;
      },
      cancel: (runId, by) => database.run('push.cancel', (db) => requestCancel(db, runId, by)),
      resume: (runId, by) => database.run('push.resume', (db) => requestResume(db, runId, by)),
      takeEnded: () => database.runOnce('push.takeEnded', takeEndedRun),
    },
    delivery: deliveryStore(database, recorded, options),
    reads: readsOf(database),
    savedQueries: savedQueriesOf(database, options.savedQueryWaitMilliseconds),
    status: {
      backlog: async () =>
        options.statusOpens?.() || database.isUsed ? database.run('push.backlog', readBacklog) : null,
      pools: () => database.pools(),
    },
    prune: (keepMilliseconds) => database.run('push.prune', (db) => deleteOldRows(db, keepMilliseconds)),
    close: () => database.close(),
  };
}

function readsOf(database: LedgerDatabase, signal?: AbortSignal): LedgerReads {
  const run: LedgerDatabase['run'] = (operation, work) => database.run(operation, work, signal);
  return {
    within: (other) => readsOf(database, other),
    runsByIds: (ids) => run('pushes.byId', (db) => runsByIds(db, ids)),
    runPage: (filter, page) => run('pushes.page', (db) => runPage(db, filter, page)),
    countRuns: (filter) => run('pushes.page.count', (db) => countRuns(db, filter)),
    rowPages: (runIds, states, page) => run('pushRows.page', (db) => rowPages(db, runIds, states, page)),
    lastPushes: (ids) => run('pushes.last', (db) => lastPushes(db, ids)),
  };
}

/**
 * Each call is one statement (but `finish`), or two that only read. A write about a batch can be repeated after a lost connection: it does
 * nothing if the batch has changed. A claim or a finish can't: the second one would report that nothing was done.
 */
function deliveryStore(
  database: LedgerDatabase,
  recorded: RecordedRows,
  { statementMilliseconds }: LedgerOptions,
): DeliveryStore {
  const recordedRows = (runNumber: string, batch: number) => recorded.take(runNumber, batch);
  return {
    claim: async (worker, milliseconds) => {
      const lease = await database.runOnce('push.claim', (db) => claimRun(db, worker, milliseconds));
      // There is nothing to deliver, or other processes deliver it.
      if (!lease) recorded.clear();
      return lease;
    },
    renew: (lease, milliseconds) => database.run('push.renew', (db) => renewLease(db, lease, milliseconds)),
    release: (lease) => database.run('push.release', (db) => releaseLease(db, lease)),
    handover: (lease) => database.run('push.handover', (db) => readHandover(db, lease)),
    progress: (lease) => database.run('push.progress', (db) => runProgress(db, lease)),
    nextBatch: (lease, excluding) =>
      database.run('push.nextBatch', (db) => nextBatch(db, lease, excluding, recordedRows)),
    recordWait: (lease, wait, breaker) => database.run('push.wait', (db) => recordRunWait(db, lease, wait, breaker)),
    recordResumed: (lease) => database.run('push.resumed', (db) => recordResumedRun(db, lease)),
    recordAttempt: (lease, batch) => database.run('push.attempt', (db) => recordAttempt(db, lease, batch)),
    settle: (lease, batch, results) => database.run('push.settle', (db) => settleBatch(db, lease, batch, results)),
    postpone: (lease, batch, milliseconds, reason, mayHaveArrived) =>
      database.run('push.postpone', (db) => postponeBatch(db, lease, batch, milliseconds, reason, mayHaveArrived)),
    split: (lease, batch) => database.run('push.split', (db) => splitBatch(db, lease, batch)),
    finish: (lease, end, reason) =>
      database.runOnce('push.finish', (db) =>
        // It writes about all rows of a run, so it may take longer than the pool's timeout. If the lease ends meanwhile,
        // claims skip the run, because it is locked.
        db.transaction().execute(async (transaction) => {
          await sql`select set_config('statement_timeout', ${String(statementMilliseconds)}, true)`.execute(
            transaction,
          );
          return finishRun(transaction, lease, end, reason);
        }),
      ),
  };
}
