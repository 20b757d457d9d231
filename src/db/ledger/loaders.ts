import DataLoader from 'dataloader';
import type { RunRecord } from '../../push/ledger.ts';
import type { RowState } from '../../push/types.ts';
import type { Page, PageRequest } from '../page.ts';
import type { LedgerReads } from './connect.ts';
import type { LastPushRecord } from './queries/last-pushes.ts';
import type { RowRecord } from './queries/rows.ts';

/** What a page of a run's rows is of. */
export interface RowsOfRun {
  readonly states: readonly RowState[] | null;
  readonly page: PageRequest;
}

/** What one request reads of the ledger: every look-up by key is batched. */
export type LedgerLoaders = ReturnType<typeof createLedgerLoaders>;

/** Makes the loaders of one request; what they loaded is forgotten with them. */
export function createLedgerLoaders(reads: LedgerReads) {
  const rows = new Map<string, DataLoader<string, Page<RowRecord>>>();
  return {
    /** A run by its id; null where there is none. */
    run: byKey<RunRecord>(
      (ids) => reads.runsByIds(ids),
      (run) => run.id,
    ),
    /** What is known of an iteration's pushes; null where it was never pushed. */
    lastPush: byKey<LastPushRecord>(
      (ids) => reads.lastPushes(ids),
      (push) => push.iterationId,
    ),
    /** A page of a run's rows, fetched together with the same page of the runs beside it. */
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
