import { expect } from 'vitest';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import type { Receipt } from '../../src/push/ledger.ts';
import type { PlannedRow, RowState } from '../../src/push/types.ts';
import type { RowStanding } from './delivery-store.ts';
import { endOf, recordingOf, type SomeRun } from './new-runs.ts';

/** Records a running run with these rows. */
export async function recordRun(
  ledger: Pick<Ledger, 'pushes'>,
  run: SomeRun,
  rows: readonly PlannedRow[],
): Promise<string> {
  const recording = await recordingOf(ledger.pushes, run);
  await recording.add(rows);
  await recording.commit(endOf('RUNNING', rows.length));
  return run.id;
}

/** How every row of a run stands, page by page. */
export async function everyRow(
  ledger: Pick<Ledger, 'reads'>,
  runId: string,
  states: readonly RowState[] | null = null,
  first = 2,
): Promise<RowStanding[]> {
  const all: RowStanding[] = [];
  for (;;) {
    const last = all.at(-1);
    const request = { first, after: last ? [last.iterationId] : null };
    const page = (await ledger.reads.rowPages([runId], states, request)).get(runId);
    const rows = page?.rows ?? [];
    expect(rows.length).toBeLessThanOrEqual(first);
    all.push(...rows.map(({ iterationId, state, code, message }) => ({ iterationId, state, code, message })));
    if (!page?.hasNextPage) return all;
  }
}

/** Every receipt, page by page, without what only the database knows. */
export async function everyReceipt(
  { pushes }: Pick<Ledger, 'pushes'>,
  limit = 1_000,
): Promise<Pick<Receipt, 'iterationId' | 'version' | 'values' | 'runId'>[]> {
  const all: Receipt[] = [];
  for (;;) {
    const after = all.at(-1)?.iterationId ?? null;
    const selection = { iterationIds: null, strategyIds: null };
    const page = await pushes.receipts({ after, through: null, selection, limit });
    all.push(...page);
    if (page.length < limit) {
      return all.map(({ iterationId, version, values, runId }) => ({ iterationId, version, values, runId }));
    }
  }
}
