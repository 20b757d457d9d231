import fc from 'fast-check';
import { decimal, tenThousandths } from '../../src/domain/decimal.ts';
import { compareIds } from '../../src/domain/ids.ts';
import { errorChecks, type QualityFinding } from '../../src/domain/quality.ts';
import { isShrunkBeyond } from '../../src/push/guards/iterations.ts';
import type {
  Begun,
  KnownRun,
  NewRun,
  PreviousPush,
  PushLedger,
  Receipt,
  ReceiptRange,
  Recording,
  RunOutcome,
  RunRecord,
} from '../../src/push/ledger.ts';
import type { BuildQuality, PushSource, SourceBuild } from '../../src/push/plan/source.ts';
import type { Clock } from '../../src/push/ports.ts';
import type {
  BuiltIteration,
  GoalValues,
  GuardFinding,
  MetricsValues,
  PlannedRow,
  RowState,
  RunState,
  ShrinkLimits,
} from '../../src/push/types.ts';
import { inOrderOfGoals } from '../../src/push/values.ts';

/** What tests of planning need from a ledger, of any kind. */
export interface TestLedger {
  readonly ledger: PushLedger;
  /** The rows of a run, in the numeric order of ids. */
  rowsOf(runId: string): Promise<readonly TestRow[]>;
  findingsOf(runId: string): Promise<readonly GuardFinding[]>;
  /** Does the work of a worker: ends every row of a running run, makes receipts, and ends the run. */
  deliver(runId: string, outcome?: Outcome): Promise<void>;
  close(): Promise<void>;
}

/** AdSuite's result for one row. GONE only for a row of zeros: a ledger decides about others by earlier results. */
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
  resumedBy: string | null;
  isReported: boolean;
}

/** The time of every receipt and run in it. */
const at = '2026-03-01T00:00:00.000000Z';

/** A ledger in memory. A transaction becomes visible at its commit, as a whole. */
export function memoryLedger(): TestLedger {
  const runs: StoredRun[] = [];
  const receipts = new Map<string, Receipt>();
  /** Resolves when the recording in progress, unless it is a dry run, releases the push lock. */
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

  const known = (key: string | null): KnownRun | null => {
    const run = key === null ? undefined : runs.find(({ asked }) => asked.idempotencyKey === key);
    return run ? { runId: run.id, inputHash: run.asked.inputHash, requestedBy: run.asked.requestedBy } : null;
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
        const left = (runs.find(({ id }) => id === runId)?.rows ?? []).filter(({ state }) => !isDone(state));
        rows.push(...left.map((row) => ({ ...row, state: 'PENDING' as const })));
        return left.length;
      },
      commit: async (how) => {
        end();
        const { id, build, dryRun } = asked;
        const kept =
          how.state === 'REFUSED'
            ? how.keptRows.map((row) => rows.find((each) => each.iterationId === row.iterationId))
            : rows;
        const number = String(runs.length + 1);
        runs.push({
          id,
          build,
          dryRun,
          asked,
          number,
          ...how,
          rows: kept.filter((row) => row !== undefined),
          cancelledBy: null,
          resumedBy: null,
          isReported: false,
        });
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
        const earlier = known(run.idempotencyKey);
        if (!earlier && !running) return { kind: 'recording', recording: record(run, giveBack) };
        giveBack();
        return earlier ? { kind: 'known', ...earlier } : { kind: 'busy', runId: running?.id ?? '' };
      },
      find: async (runId) => {
        const run = runs.find(({ id }) => id === runId);
        return run ? recordOf(run) : null;
      },
      known: async (key) => known(key),
      cancel: async (runId, by) => {
        const run = runs.find(({ id, state }) => id === runId && state === 'RUNNING');
        if (run) run.cancelledBy ??= by;
        return run !== undefined;
      },
      resume: async (runId, by) => {
        const run = runs.find(({ id, state }) => id === runId && state === 'RUNNING');
        if (run) run.resumedBy = by;
        return run !== undefined;
      },
      takeEnded: async () => {
        const run = runs.find(({ state, dryRun, isReported }) => state !== 'RUNNING' && !dryRun && !isReported);
        if (!run) return null;
        run.isReported = true;
        return recordOf(run);
      },
    },
    rowsOf: async (runId) => runs.find(({ id }) => id === runId)?.rows ?? [],
    findingsOf: async (runId) => runs.find(({ id }) => id === runId)?.findings ?? [],
    deliver: async (runId, outcome = () => 'ACCEPTED') => {
      const run = runs.find(({ id, state }) => id === runId && state === 'RUNNING');
      if (!run) throw new Error(`${runId} is not running`);
      if (run.cancelledBy === null) run.rows = run.rows.map((row) => ({ ...row, state: outcome(row) }));
      for (const { state, new: values, iterationId, strategyId, createdAt, version } of run.rows) {
        // Of a row of zeros: see `Outcome`.
        if (state === 'GONE' && version > (receipts.get(iterationId)?.version ?? version)) receipts.delete(iterationId);
        if (state !== 'ACCEPTED' || version < (receipts.get(iterationId)?.version ?? 0)) continue;
        const peakConversions = peakAfter(receipts.get(iterationId), values.conversions, run.acceptedShrink);
        receipts.set(iterationId, {
          ...{ iterationId, strategyId, createdAt, version, values, peakConversions, runId, acceptedAt: at },
        });
      }
      run.state = run.cancelledBy !== null ? 'CANCELLED' : stateOf(run);
    },
    close: async () => {},
  };
}

function peakAfter(receipt: Receipt | undefined, now: number, accepted: ShrinkLimits | null): number {
  const [peak, old] = [receipt?.peakConversions ?? 0, receipt?.values.conversions ?? 0];
  return accepted && isShrunkBeyond(accepted, { peak, old, now }) ? now : Math.max(peak, now);
}

function recordOf({
  asked,
  number,
  state,
  cancelledBy,
  resumedBy,
  planHash,
  totals,
  findings,
  acceptedShrink,
  rows,
}: StoredRun): RunRecord {
  const { dryRun: isDryRun, inputHash: _, ...rest } = asked;
  const count = (of: RowState) => rows.filter((row) => row.state === of).length;
  const isRunning = state === 'RUNNING';
  return {
    ...{ ...rest, number, state, isDryRun, planHash, totals, findings, acceptedShrink },
    cancelled: cancelledBy === null ? null : { by: cancelledBy, at },
    resumed: resumedBy === null ? null : { by: resumedBy, at },
    counts: {
      ...{ planned: rows.length, accepted: count('ACCEPTED'), stale: count('STALE'), gone: count('GONE') },
      ...{ rejected: count('REJECTED'), unknown: count('UNKNOWN'), pending: count('PENDING') },
    },
    ...{ goneWithValues: [], sent: 0, attempts: 0, lastFailure: null, nextAttemptAt: null, nextAttemptCause: null },
    ...{ breaker: isRunning ? 'CLOSED' : null, ageMilliseconds: 0 },
    ...{ startedAt: at, finishedAt: isRunning ? null : at, rowsDeletedAt: null, finishReason: null },
  };
}

function stateOf({ rows, asked }: StoredRun): RunState {
  const isAny = rows.some(({ state }) => state === 'ACCEPTED');
  const mayBeStale = isAny || asked.retryOf !== null;
  if (rows.every(({ state }) => isDone(state) && (state !== 'STALE' || mayBeStale))) return 'SUCCEEDED';
  return isAny ? 'PARTIAL' : 'FAILED';
}

const isDone = (state: RowState): boolean => state === 'ACCEPTED' || state === 'STALE' || state === 'GONE';

const instants = fc
  .integer({ min: 0, max: 3 })
  .map((microsecond) => `2026-02-0${1 + (microsecond % 2)}T00:00:00.00000${microsecond}Z`);

const goals = fc.uniqueArray(
  fc.record({
    goalReferenceId: fc.constantFrom(null, 'g1', 'g2', 'ä', '\u{1F600}'),
    conversions: fc.integer({ min: 1, max: 60 }),
    payout: fc.bigInt({ min: -5n, max: 10n ** 20n }).map(decimal),
  }),
  { selector: (goal) => goal.goalReferenceId, maxLength: 3 },
);

/** Values as a build has them: goals add up to the totals. */
export const someValues: fc.Arbitrary<MetricsValues> = fc
  .tuple(fc.integer({ min: 0, max: 3 }), goals, instants, instants)
  .map(([clicks, byGoal, ...times]) => {
    const [first = null, last = null] = byGoal.length === 0 ? [] : times.toSorted();
    return {
      clicks,
      ...summed(byGoal),
      firstConversionAt: first,
      lastConversionAt: last,
      byGoal: inOrderOfGoals(byGoal),
    };
  });

function summed(byGoal: readonly GoalValues[]): Pick<MetricsValues, 'conversions' | 'payout'> {
  return {
    conversions: byGoal.reduce((sum, goal) => sum + goal.conversions, 0),
    payout: decimal(byGoal.reduce((sum, goal) => sum + tenThousandths(goal.payout), 0n)),
  };
}

/** Ids of one, two and nineteen digits, so that text order and numeric order differ. */
const ids = fc.constantFrom('1', '2', '3', '9', '10', '11', '20', '100', '9223372036854775807');

/** A build's iterations, in the numeric order of ids. */
export const snapshots: fc.Arbitrary<BuiltIteration[]> = fc
  .uniqueArray(
    fc.record({
      iterationId: ids,
      strategyId: fc.constantFrom('1', '2'),
      createdAt: instants,
      values: someValues,
    }),
    { selector: (row) => row.iterationId, maxLength: 9, size: 'max' },
  )
  .map((rows) => rows.sort((one, other) => compareIds(one.iterationId, other.iterationId)));

/** A list as pages of this size. */
export async function* paged<Row>(rows: readonly Row[], size: number): AsyncGenerator<readonly Row[], void, undefined> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

/** A build of these iterations, whose age no guard refuses at `present`. */
export function buildOf(number: number, rows: readonly BuiltIteration[], rest: Partial<SourceBuild> = {}): SourceBuild {
  const attributed = conversionsOf(rows);
  return {
    ...{ id: `build-${number}`, version: number, asOf: '2026-02-28T23:30:00.000000Z' },
    ...{ mirrorRefreshedAt: '2026-02-28T23:29:00.000000Z', conversions: attributed, attributed, tables: null },
    ...rest,
  };
}

const conversionsOf = (rows: readonly BuiltIteration[]): number =>
  rows.reduce((sum, { values }) => sum + values.conversions, 0);

/** A warehouse whose tables and newest build a test sets. Reads in progress see the change, as in a real one. */
export class TestWarehouse {
  rows: readonly BuiltIteration[] = [];
  newest: SourceBuild | null = null;
  /** The findings of every build; at first none. */
  quality: BuildQuality = soundQuality;
  /** Called after each page. */
  onPage: () => Promise<void> | void = () => {};
  readonly #pageSize: number;

  constructor(pageSize = 2) {
    this.#pageSize = pageSize;
  }

  /** Makes a build of these iterations, as a finished pipeline does. */
  build(number: number, rows: readonly BuiltIteration[], rest: Partial<SourceBuild> = {}): void {
    this.rows = rows;
    this.newest = buildOf(number, rows, rest);
  }

  /** Strategies without iterations. */
  emptyStrategies: readonly string[] = [];

  readonly source: PushSource = {
    build: async () => this.newest,
    quality: async () => this.quality,
    strategies: async (ids) => {
      const known = new Set([...this.emptyStrategies, ...this.rows.map(({ strategyId }) => strategyId)]);
      return ids.filter((id) => known.has(id));
    },
    conversions: async () => conversionsOf(this.rows),
    within: () => this.source,
    metrics: ({ iterationIds, strategyIds }) => {
      const rows = this.rows
        .filter(({ iterationId }) => iterationIds?.includes(iterationId) ?? true)
        .filter(({ strategyId }) => strategyIds?.includes(strategyId) ?? true);
      return this.#pages(rows);
    },
  };

  async *#pages(rows: readonly BuiltIteration[]) {
    for await (const page of paged(rows, this.#pageSize)) {
      yield page;
      await this.onPage();
    }
  }
}

/** A clock that advances only by sleeping. Sleeps end at once. */
export class ManualClock implements Clock {
  /** The requested length of each sleep, in milliseconds. */
  readonly sleeps: number[] = [];
  /** Called during each sleep. */
  meanwhile: () => Promise<void> | void = () => {};
  readonly #start: Date;
  #passed = 0;

  constructor(start: Date) {
    this.#start = start;
  }

  now(): number {
    return this.#passed;
  }

  date(): Date {
    return new Date(this.#start.getTime() + this.#passed);
  }

  random(): number {
    return 0.5;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(milliseconds);
    if (!signal?.aborted) this.#passed += milliseconds;
    await this.meanwhile();
  }
}

/** The quality record of a build without findings. */
export const soundQuality: readonly QualityFinding[] = errorChecks.map((check) => ({
  ...{ check, severity: 'ERROR', count: 0 },
  subjects: [],
}));
