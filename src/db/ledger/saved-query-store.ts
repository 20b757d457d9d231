import { randomUUID } from 'node:crypto';
import type { Page, PageRequest } from '../page.ts';
import type { LedgerDatabase } from './database.ts';
import {
  countSavedQueries,
  deleteSavedQuery,
  inTurn,
  type SavedQueryChange,
  type SavedQueryInput,
  type SavedQueryLimits,
  type SavedQueryOutcome,
  type SavedQueryRecord,
  type SavedQueryWriter,
  type SavedText,
  savedQueryById,
  savedQueryPage,
  saveQuery,
} from './queries/saved-queries.ts';

/** The queries that callers keep. Throws LedgerUnavailable if the ledger can't be used. */
export interface SavedQueryStore {
  /** The same for one request: once the signal is aborted, reads fail with its reason. A change that has begun is finished. */
  within(signal: AbortSignal): SavedQueryStore;
  /** By name; the position is `[query.name]`. The rows have only these of the texts. */
  page(page: PageRequest, texts: readonly SavedText[]): Promise<Page<SavedQueryRecord>>;
  count(): Promise<number>;
  byId(id: string): Promise<SavedQueryRecord | null>;
  save(input: SavedQueryInput, writer: SavedQueryWriter, limits: SavedQueryLimits): Promise<SavedQueryOutcome>;
  /** Returns it as it was. */
  delete(id: string, writer: SavedQueryWriter): Promise<SavedQueryChange>;
}

/** @param waitMilliseconds how long a change waits for others. */
export function savedQueriesOf(
  database: LedgerDatabase,
  waitMilliseconds = 5_000,
  signal?: AbortSignal,
): SavedQueryStore {
  return {
    within: (other) => savedQueriesOf(database, waitMilliseconds, other),
    page: (page, texts) => database.run('savedQueries.page', (db) => savedQueryPage(db, page, texts), signal),
    count: () => database.run('savedQueries.page.count', countSavedQueries, signal),
    byId: (id) => database.run('savedQueries.byId', (db) => savedQueryById(db, id), signal),
    // Without the signal: it would end a transaction between two statements, and could not roll it back.
    save: (input, writer, limits) => {
      const newId = randomUUID();
      return database.run('savedQueries.save', (db) =>
        inTurn(db, waitMilliseconds, (transaction) => saveQuery(transaction, input, writer, limits, newId)),
      );
    },
    delete: (id, writer) => {
      // The connection may be lost after the commit: then the repeated deletion finds none.
      let deleted: SavedQueryChange | null = null;
      return database.run('savedQueries.delete', (db) =>
        inTurn(db, waitMilliseconds, async (transaction) => {
          const change = await deleteSavedQuery(transaction, id, writer);
          if (change.kind === 'notFound' && deleted) return deleted;
          if (change.kind === 'done') deleted = change;
          return change;
        }),
      );
    },
  };
}
