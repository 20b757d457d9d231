import { compareIds } from '../../src/domain/ids.ts';
import type {
  Begun,
  NewRun,
  PreviousPush,
  PushLedger,
  Receipt,
  ReceiptRange,
  Recording,
  RunOutcome,
  RunRecord,
} from '../../src/push/ledger.ts';
import type { GuardFinding, PlannedRow, RowState, RunState } from '../../src/push/types.ts';

/** A ledger as a test of planning uses it, whatever it is kept in. */
export interface TestLedger {
  readonly ledger: PushLedger;
  /** The rows of a run, in the order of ids as numbers. */
  rowsOf(runId: string): Promise<readonly TestRow[]>;
  findingsOf(runId: string): Promise<readonly GuardFinding[]>;
  /** What a worker does: gives every row of a running run its end, makes receipts, and ends the run. */
  deliver(runId: string, outcome?: Outcome): Promise<void>;
  close(): Promise<void>;
}

/** AdSuite's word on one row. */
export type Outcome = (row: Pick<TestRow, 'iterationId'>) => Exclude<RowState, 'PENDING'>;

export interface TestRow extends Pick<PlannedRow, 'iterationId' | 'strategyId' | 'old' | 'new'> {
  readonly version: number;
  readonly state: RowState;
}

interface StoredRow extends TestRow {
  readonly createdAt: string;
}

interface StoredRun extends Pick<NewRun, 'id' | 'build' | 'dryRun'>, Omit<RunOutcome, 'state'> {
  readonly asked: NewRun;
  readonly number: string;
  rows: StoredRow[];
  state: RunState;
  cancelledBy: string | null;
}

/** The time of everything in it. */
const at = '2026-03-01T00:00:00.000000Z';

/** The ledger's promises, kept in memory: what one transaction does is seen at its commit, all of it at once. */
export function memoryLedger(): TestLedger {
  const runs: StoredRun[] = [];
  const receipts = new Map<string, Receipt>();
  /** Ends when the run that is being recorded, and is to be sent, gives the push lock back. */
  let lock: { readonly given: Promise<void>; readonly giveBack: () => void } | null = null;
  const takeLock = async () => {
    while (lock) await lock.given;
    const { promise, resolve } = Promise.withResolvers<void>();
    const own = {
      given: promise,
      giveBack: () => {
        if (lock === own) lock = null;
        resolve();
      },
    };
    lock = own;
    return own.giveBack;
  };

  const readable = {
    receipts: async ({ after, through, selection, limit }: ReceiptRange) =>
      [...receipts.values()]
        .filter(({ iterationId: id }) => after === null || compareIds(id, after) > 0)
        .filter(({ iterationId: id }) => through === null || compareIds(id, through) <= 0)
        .filter(({ iterationId: id }) => selection.iterationIds?.includes(id) ?? true)
        .filter(({ strategyId }) => selection.strategyIds?.includes(strategyId) ?? true)
        .sort((one, other) => compareIds(one.iterationId, other.iterationId))
        .slice(0, limit),
    previous: async (): Promise<PreviousPush | null> => {
      const sent = runs
        .filter(
          ({ dryRun, state, rows }) =>
            !dryRun && (state === 'SUCCEEDED' || rows.some((row) => row.state === 'ACCEPTED')),
        )
        .toSorted((one, other) => one.build.version - other.build.version)
        .at(-1);
      if (!sent) return null;
      const { conversions, attributed, ...build } = sent.build;
      return { runId: sent.id, build, conversions, attributed };
    },
  };

  const known = (key: string | null): Begun | null => {
    const run = key === null ? undefined : runs.find(({ asked }) => asked.idempotencyKey === key);
    return run ? { kind: 'known', runId: run.id, inputHash: run.asked.inputHash } : null;
  };

  const record = (asked: NewRun, giveBack: () => void): Recording => {
    const rows: StoredRow[] = [];
    let isOpen = true;
    const end = () => {
      if (!isOpen) throw new Error('the recording has ended');
      isOpen = false;
      giveBack();
    };
    return {
      ...readable,
      add: async (planned) => {
        rows.push(...planned.map((row) => ({ ...row, version: asked.build.version, state: 'PENDING' as const })));
      },
      addUnaccepted: async (runId) => {
        const left = (runs.find(({ id }) => id === runId)?.rows ?? []).filter(
          ({ state }) => state !== 'ACCEPTED' && state !== 'STALE',
        );
        rows.push(...left.map((row) => ({ ...row, state: 'PENDING' as const })));
        return left.length;
      },
      commit: async (how) => {
        end();
        const { id, build, dryRun } = asked;
        const kept = how.state === 'REFUSED' ? [] : rows;
        const number = String(runs.length + 1);
        runs.push({ id, build, dryRun, asked, number, ...how, rows: kept, cancelledBy: null });
      },
      rollback: async () => {
        if (isOpen) end();
      },
    };
  };

  return {
    ledger: {
      ...readable,
      begin: async (run): Promise<Begun> => {
        const giveBack = run.dryRun ? () => {} : await takeLock();
        const running = run.dryRun ? undefined : runs.find(({ state }) => state === 'RUNNING');
        const other = known(run.idempotencyKey) ?? (running && { kind: 'busy', runId: running.id });
        if (!other) return { kind: 'recording', recording: record(run, giveBack) };
        giveBack();
        return other;
      },
      find: async (runId) => {
        const run = runs.find(({ id }) => id === runId);
        return run ? recordOf(run) : null;
      },
      known: async (key) => {
        const run = runs.find(({ asked }) => asked.idempotencyKey === key);
        return run ? { runId: run.id, inputHash: run.asked.inputHash } : null;
      },
      cancel: async (runId, by) => {
        const run = runs.find(({ id, state }) => id === runId && state === 'RUNNING');
        if (run) run.cancelledBy ??= by;
        return run !== undefined;
      },
    },
    rowsOf: async (runId) => runs.find(({ id }) => id === runId)?.rows ?? [],
    findingsOf: async (runId) => runs.find(({ id }) => id === runId)?.findings ?? [],
    deliver: async (runId, outcome = () => 'ACCEPTED') => {
      const run = runs.find(({ id, state }) => id === runId && state === 'RUNNING');
      if (!run) throw new Error(`${runId} is not running`);
      if (run.cancelledBy === null) run.rows = run.rows.map((row) => ({ ...row, state: outcome(row) }));
      for (const { state, new: values, iterationId, strategyId, createdAt, version } of run.rows) {
        if (state !== 'ACCEPTED' || version < (receipts.get(iterationId)?.version ?? 0)) continue;
        receipts.set(iterationId, { iterationId, strategyId, createdAt, version, values, runId, acceptedAt: at });
      }
      run.state = run.cancelledBy !== null ? 'CANCELLED' : stateOf(run);
    },
    close: async () => {},
  };
}

function recordOf({ asked, number, state, cancelledBy, planHash, totals, findings, rows }: StoredRun): RunRecord {
  const { dryRun: isDryRun, inputHash: _, ...rest } = asked;
  const count = (of: RowState) => rows.filter((row) => row.state === of).length;
  const isRunning = state === 'RUNNING';
  return {
    ...{ ...rest, number, state, isDryRun, planHash, totals, findings },
    cancelled: cancelledBy === null ? null : { by: cancelledBy, at },
    counts: {
      ...{ planned: rows.length, accepted: count('ACCEPTED'), stale: count('STALE') },
      ...{ rejected: count('REJECTED'), unknown: count('UNKNOWN'), pending: count('PENDING') },
    },
    ...{ sent: 0, attempts: 0, lastFailure: null, nextAttemptAt: null },
    ...{ startedAt: at, finishedAt: isRunning ? null : at, rowsDeletedAt: null, finishReason: null },
  };
}

function stateOf({ rows, asked }: StoredRun): RunState {
  const isAny = rows.some(({ state }) => state === 'ACCEPTED');
  const isEvery = rows.every(({ state }) => state === 'ACCEPTED' || state === 'STALE');
  if (isEvery && (isAny || asked.retryOf !== null)) return 'SUCCEEDED';
  return isAny ? 'PARTIAL' : 'FAILED';
}
