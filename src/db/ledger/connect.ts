import type { PushLedger, RunRecord } from '../../push/ledger.ts';
import type { DeliveryStore } from '../../push/ports.ts';
import type { RowState } from '../../push/types.ts';
import type { Page, PageRequest } from '../page.ts';
import { LedgerDatabase, type LedgerOptions } from './database.ts';
import { deliveryStore } from './delivery.ts';
import { pushLedger } from './pushes.ts';
import { type LastPushRecord, lastPushes } from './queries/last-pushes.ts';
import { deleteOldRows } from './queries/prune.ts';
import { type RowRecord, rowPages } from './queries/rows.ts';
import { countRuns, type RunFilter, runPage, runsByIds } from './queries/runs.ts';

export type { LedgerOptions, ReachedLedger } from './database.ts';

/** What the push remembers: a PostgreSQL of its own, opened when it is first needed. */
export interface Ledger {
  readonly pushes: PushLedger;
  readonly delivery: DeliveryStore;
  readonly reads: LedgerReads;
  /**
   * Deletes some rows of runs that ended longer ago than they are kept, and their results. Runs and receipts stay.
   *
   * @returns whether there may be more to delete.
   */
  prune(keepMilliseconds: number): Promise<boolean>;
  /** Waits for what is under way. Can be called twice. */
  close(): Promise<void>;
}

/** What people ask of the ledger. Each is one statement, and throws LedgerUnavailable where it can't be asked. */
export interface LedgerReads {
  runsByIds(ids: readonly string[]): Promise<RunRecord[]>;
  /** Newest first; the position is `[run.number]`. */
  runPage(filter: RunFilter, page: PageRequest): Promise<Page<RunRecord>>;
  countRuns(filter: RunFilter): Promise<number>;
  /** By the run's id, in the order of iterations' ids; the position is `[row.iterationId]`. How many there are, `run.counts` tells. */
  rowPages(
    runIds: readonly string[],
    states: readonly RowState[] | null,
    page: PageRequest,
  ): Promise<Map<string, Page<RowRecord>>>;
  lastPushes(iterationIds: readonly string[]): Promise<LastPushRecord[]>;
}

/**
 * Opens a ledger: at first nothing is connected.
 *
 * @param batchRows how many rows a request to AdSuite has at most.
 */
export function openLedger(options: LedgerOptions & { readonly batchRows: number }): Ledger {
  const database = new LedgerDatabase(options);
  return {
    pushes: pushLedger(database, options.batchRows),
    delivery: deliveryStore(database),
    reads: {
      runsByIds: (ids) => database.run('pushes.byId', (db) => runsByIds(db, ids)),
      runPage: (filter, page) => database.run('pushes.page', (db) => runPage(db, filter, page)),
      countRuns: (filter) => database.run('pushes.page.count', (db) => countRuns(db, filter)),
      rowPages: (runIds, states, page) => database.run('pushRows.page', (db) => rowPages(db, runIds, states, page)),
      lastPushes: (ids) => database.run('pushes.last', (db) => lastPushes(db, ids)),
    },
    prune: (keepMilliseconds) => database.run('push.prune', (db) => deleteOldRows(db, keepMilliseconds)),
    close: () => database.close(),
  };
}
