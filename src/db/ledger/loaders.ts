import DataLoader from 'dataloader';
import type { RunRecord } from '../../push/ledger.ts';
import type { RowState } from '../../push/types.ts';
import type { Page, PageRequest } from '../page.ts';
import type { LedgerReads } from './connect.ts';
import type { LastPushRecord } from './queries/last-pushes.ts';
import type { RowRecord } from './queries/rows.ts';

/** Which rows of a run, and which page of them. */
export interface RowsOfRun {
  readonly states: readonly RowState[] | null;
  readonly page: PageRequest;
}

/** The ledger's loaders for one request: they batch look-ups by key. */
export type LedgerLoaders = ReturnType<typeof createLedgerLoaders>;

/** Makes the loaders of one request. They also cache, so they must not outlive it. */
export function createLedgerLoaders(reads: LedgerReads) {
  const rows = new Map<string, DataLoader<string, Page<RowRecord>>>();
  return {
    /** A run by its id; null if there is none. */
    run: byKey<RunRecord>(
      (ids) => reads.runsByIds(ids),
      (run) => run.id,
    ),
    /** An iteration's last pushes; null if it was never pushed. */
    lastPush: byKey<LastPushRecord>(
      (ids) => reads.lastPushes(ids),
      (push) => push.iterationId,
    ),
    /** A page of a run's rows. The same page of other runs is fetched in the same statement. */
    rowsOf: (runId: string, list: RowsOfRun): Promise<Page<RowRecord>> => {
      const key = JSON.stringify(list);
      const loader =
        rows.get(key) ??
        new DataLoader<string, Page<RowRecord>>(async (ids) => {
          const pages = await reads.rowPages(ids, list.states, list.page);
          return ids.map((id) => pages.get(id) ?? { rows: [], hasNextPage: false });
        });
      rows.set(key, loader);
      return loader.load(runId);
    },
  };
}

function byKey<Row>(fetch: (ids: readonly string[]) => Promise<readonly Row[]>, keyOf: (row: Row) => string) {
  return new DataLoader<string, Row | null>(async (ids) => {
    const found = new Map((await fetch(ids)).map((row) => [keyOf(row), row]));
    return ids.map((id) => found.get(id) ?? null);
  });
}
