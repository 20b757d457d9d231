import type { DeliveryStore, Handover, Lease, RunProgress, Wait } from '../../../src/push/ports.ts';
import {
  type Batch,
  type BreakerState,
  type OutboxRow,
  type PushBuild,
  type RowResult,
  type RowState,
  type RunState,
  unknownIterationCode,
  type WaitCause,
} from '../../../src/push/types.ts';
import { noValues, valuesText } from '../../../src/push/values.ts';

export interface RunModel {
  readonly id: string;
  readonly build: PushBuild;
  readonly began: number;
  ended: number | null;
  /** Whether it retries another run. */
  readonly isRetry: boolean;
  readonly rows: Map<string, RowModel>;
  readonly batches: BatchModel[];
  state: RunState;
  reason: string | null;
  isCancelled: boolean;
  isResumeRequested: boolean;
  isReported: boolean;
  /** When a waiting run sends its next request, and why it waits. */
  nextAttemptAt: number | null;
  waitCause: WaitCause | null;
  breaker: BreakerState;
  lease: { readonly fence: number; until: number } | null;
}

export interface RowModel extends OutboxRow {
  state: RowState;
  code: string | null;
  message: string | null;
}

interface BatchModel {
  readonly number: number;
  readonly ids: readonly string[];
  attempts: number;
  due: number;
  mayHaveArrived: boolean;
  isDone: boolean;
}

export interface ReceiptModel {
  readonly row: OutboxRow;
  readonly runId: string;
}

export const ledgerBugs = [
  'no fence',
  'older receipts win',
  'finish forgets what may have arrived',
  'nothing accepted is success',
  'a known absence is rejected for ever',
  'a row with values is GONE at once',
  'zeros that are GONE are no news',
  'the receipt of a GONE row stays',
  'a GONE row with values deletes its receipt',
  'a run with GONE rows is PARTIAL',
  'the end of a run is reported twice',
] as const;

export type LedgerBug = (typeof ledgerBugs)[number];

export interface LedgerModelOptions {
  /** The database's time in milliseconds. */
  readonly now: () => number;
  readonly batchRows: number;
  /** Planted bugs of the ledger. */
  readonly bug?: LedgerBug | null;
  readonly onReceipt?: (receipt: ReceiptModel) => void;
}

/** The delivery side of a ledger in memory: each call is a transaction. */
export class LedgerModel {
  readonly runs = new Map<string, RunModel>();
  readonly receipts = new Map<string, ReceiptModel>();
  readonly #options: LedgerModelOptions;
  #fence = 0;

  constructor(options: LedgerModelOptions) {
    this.#options = options;
  }

  record(id: string, build: PushBuild, rows: readonly OutboxRow[], isRetry = false): RunModel {
    if ([...this.runs.values()].some((run) => run.state === 'RUNNING')) throw new Error('another run is in progress');
    const run: RunModel = {
      id,
      build,
      began: this.#options.now(),
      ended: null,
      isRetry,
      rows: new Map(rows.map((row) => [row.iterationId, { ...row, state: 'PENDING', code: null, message: null }])),
      batches: [],
      state: 'RUNNING',
      reason: null,
      isCancelled: false,
      isResumeRequested: false,
      isReported: false,
      nextAttemptAt: null,
      waitCause: null,
      breaker: 'CLOSED',
      lease: null,
    };
    for (let from = 0; from < rows.length; from += this.#options.batchRows) {
      this.#addBatch(
        run,
        rows.slice(from, from + this.#options.batchRows).map((row) => row.iterationId),
      );
    }
    this.runs.set(id, run);
    return run;
  }

  cancel(runId: string): boolean {
    const run = this.runs.get(runId);
    if (run?.state !== 'RUNNING') return false;
    run.isCancelled = true;
    return true;
  }

  resume(runId: string): boolean {
    const run = this.runs.get(runId);
    if (run?.state !== 'RUNNING') return false;
    run.isResumeRequested = true;
    return true;
  }

  /** The id of a run that has ended; null if all were taken. */
  takeEnded(): string | null {
    for (const run of this.runs.values()) {
      if (run.state === 'RUNNING' || run.isReported) continue;
      run.isReported = this.#options.bug !== 'the end of a run is reported twice';
      return run.id;
    }
    return null;
  }

  get areAllReported(): boolean {
    return [...this.runs.values()].every(({ isReported }) => isReported);
  }

  claim(worker: string, milliseconds: number): Lease | null {
    const now = this.#options.now();
    for (const run of this.runs.values()) {
      if (run.state !== 'RUNNING' || (run.lease && run.lease.until > now)) continue;
      run.lease = { fence: ++this.#fence, until: now + milliseconds };
      return { runId: run.id, worker, fence: this.#fence };
    }
    return null;
  }

  renew(lease: Lease, milliseconds: number): boolean {
    const run = this.#held(lease);
    if (run?.lease) run.lease.until = this.#options.now() + milliseconds;
    return run !== null;
  }

  release(lease: Lease): void {
    const run = this.#held(lease);
    if (run) run.lease = null;
  }

  handover(lease: Lease): Handover {
    const run = this.#run(lease.runId);
    const now = this.#options.now();
    const wait = this.recordedWait(lease.runId);
    return {
      ageMilliseconds: Math.max(0, now - run.began),
      wait: wait === null ? null : { milliseconds: wait, cause: run.waitCause },
      breaker: run.breaker,
      postponed: run.batches
        .filter(({ isDone, due }) => !isDone && due > now)
        .map(({ number, due }) => ({ number, milliseconds: due - now })),
    };
  }

  progress(lease: Lease): RunProgress {
    const { isCancelled, isResumeRequested, batches } = this.#run(lease.runId);
    return { isCancelled, isResumeRequested, openBatches: batches.filter(({ isDone }) => !isDone).length };
  }

  /** Milliseconds until a run's recorded next attempt; null: none, or it is due. */
  recordedWait(runId: string): number | null {
    const { nextAttemptAt } = this.#run(runId);
    const now = this.#options.now();
    return nextAttemptAt !== null && nextAttemptAt > now ? nextAttemptAt - now : null;
  }

  recordWait(lease: Lease, wait: Wait | null, breaker: BreakerState): boolean {
    const run = this.#held(lease);
    if (!run) return false;
    run.nextAttemptAt = wait && this.#options.now() + wait.milliseconds;
    run.waitCause = wait?.cause ?? null;
    run.breaker = breaker;
    return true;
  }

  recordResumed(lease: Lease): boolean {
    const run = this.#held(lease);
    if (!run) return false;
    Object.assign(run, { isResumeRequested: false, nextAttemptAt: null, waitCause: null });
    for (const batch of run.batches) batch.due = Math.min(batch.due, this.#options.now());
    return true;
  }

  nextBatch(lease: Lease, excluding: readonly number[]): Batch | null {
    const run = this.#run(lease.runId);
    const batch = run.batches.find((each) => !each.isDone && !excluding.includes(each.number));
    if (!batch) return null;
    const rows = batch.ids.map((id) => this.#row(run, id)).filter((row) => row.state === 'PENDING');
    return {
      runId: run.id,
      number: batch.number,
      build: run.build,
      rows: rows.map(({ iterationId, strategyId, version, valuesText }) => ({
        iterationId,
        strategyId,
        version,
        valuesText,
      })),
      attempts: batch.attempts,
      ...(batch.attempts > 0 && !batch.mayHaveArrived ? { isUnsent: true } : {}),
    };
  }

  recordAttempt(lease: Lease, batch: Batch): boolean {
    return this.#write(lease, batch, (run, own) => {
      own.attempts++;
      own.mayHaveArrived = true;
      Object.assign(run, { nextAttemptAt: null, waitCause: null });
      if (run.breaker === 'OPEN') run.breaker = 'HALF_OPEN';
    });
  }

  settle(lease: Lease, batch: Batch, results: readonly RowResult[]): boolean {
    return this.#write(lease, batch, (run, own) => {
      for (const { iterationId, state, code, message } of results) {
        const row = own.ids.includes(iterationId) ? this.#row(run, iterationId) : null;
        if (row?.state !== 'PENDING') continue;
        const isGone = isUnknown({ state, code }) && this.#isGone(run, iterationId);
        Object.assign(row, { state: isGone ? 'GONE' : state, code, message });
        if (state === 'GONE' || (isGone && this.#options.bug === 'a GONE row with values deletes its receipt')) {
          this.#forget(row);
        }
        const isReceipt = state === 'ACCEPTED' || (state === 'STALE' && this.#options.bug === 'older receipts win');
        if (isReceipt) this.#receive({ row, runId: run.id });
      }
      const rest = own.ids.filter((id) => this.#row(run, id).state === 'PENDING');
      own.isDone = true;
      if (rest.length > 0) this.#addBatch(run, rest, own);
    });
  }

  postpone(lease: Lease, batch: Batch, milliseconds: number, mayHaveArrived?: boolean): boolean {
    return this.#write(lease, batch, (_, own) => {
      own.due = this.#options.now() + milliseconds;
      own.mayHaveArrived = mayHaveArrived ?? own.mayHaveArrived;
    });
  }

  split(lease: Lease, batch: Batch): boolean {
    return this.#write(lease, batch, (run, own) => {
      const half = Math.ceil(own.ids.length / 2);
      own.isDone = true;
      this.#addBatch(run, own.ids.slice(0, half));
      this.#addBatch(run, own.ids.slice(half));
    });
  }

  finish(lease: Lease, end: 'done' | 'cancelled' | 'gave up', reason: string | null): RunState | null {
    const run = this.#held(lease);
    if (!run) return null;
    for (const batch of run.batches) {
      if (batch.isDone || !batch.mayHaveArrived || this.#options.bug === 'finish forgets what may have arrived')
        continue;
      for (const row of batch.ids.map((id) => this.#row(run, id))) if (row.state === 'PENDING') row.state = 'UNKNOWN';
    }
    const states = [...run.rows.values()].map((row) => row.state);
    if (end === 'cancelled') run.state = 'CANCELLED';
    else if (states.every((state) => isDone(state)) && this.#maySucceed(run, states)) run.state = 'SUCCEEDED';
    else run.state = states.includes('ACCEPTED') ? 'PARTIAL' : 'FAILED';
    run.ended = this.#options.now();
    run.reason = run.batches.every(({ isDone }) => isDone) ? null : reason;
    run.lease = null;
    Object.assign(run, { nextAttemptAt: null, waitCause: null, breaker: 'CLOSED', isResumeRequested: false });
    return run.state;
  }

  /** Nothing is newer than a run with its own plan, so if rows are stale, AdSuite must have accepted others. */
  #maySucceed({ isRetry }: RunModel, states: readonly RowState[]): boolean {
    if (this.#options.bug === 'a run with GONE rows is PARTIAL' && states.includes('GONE')) return false;
    const isAny = states.includes('ACCEPTED') || this.#options.bug === 'nothing accepted is success';
    return isRetry || isAny || !states.includes('STALE');
  }

  /** Whether AdSuite's last answer about the iteration, in an earlier run, was that it does not know it, for a row with values. */
  #isGone(run: RunModel, iterationId: string): boolean {
    if (this.#options.bug === 'a known absence is rejected for ever') return false;
    if (this.#options.bug === 'a row with values is GONE at once') return true;
    const former = [...this.runs.values()]
      .filter((each) => each !== run)
      .map((each) => each.rows.get(iterationId))
      .findLast((row) => row !== undefined && isAnswered(row));
    const isOfValues =
      former !== undefined && (!isZero(former) || this.#options.bug === 'zeros that are GONE are no news');
    return isOfValues && isUnknown(former);
  }

  #forget({ iterationId, version }: OutboxRow): void {
    const held = this.receipts.get(iterationId)?.row.version ?? version;
    if (held < version && this.#options.bug !== 'the receipt of a GONE row stays') this.receipts.delete(iterationId);
  }

  /** The recorded attempts of a batch. */
  attempts(runId: string, number: number): number {
    return this.#run(runId).batches[number]?.attempts ?? 0;
  }

  #write(lease: Lease, { number }: Batch, change: (run: RunModel, batch: BatchModel) => void): boolean {
    const run = this.#held(lease);
    if (!run) return false;
    const batch = run.batches[number];
    if (batch && !batch.isDone) change(run, batch);
    return true;
  }

  #held(lease: Lease): RunModel | null {
    const run = this.#run(lease.runId);
    const isHeld = run.lease?.fence === lease.fence || this.#options.bug === 'no fence';
    return run.state === 'RUNNING' && isHeld ? run : null;
  }

  #addBatch(run: RunModel, ids: readonly string[], rest?: BatchModel): void {
    const { attempts = 0, mayHaveArrived = false } = rest ?? {};
    const number = run.batches.length;
    run.batches.push({ number, ids, attempts, mayHaveArrived, due: this.#options.now(), isDone: false });
  }

  #receive(receipt: ReceiptModel): void {
    const { iterationId, version } = receipt.row;
    const last = this.receipts.get(iterationId);
    if (last && last.row.version > version && this.#options.bug !== 'older receipts win') return;
    this.receipts.set(iterationId, receipt);
    this.#options.onReceipt?.(receipt);
  }

  #run(runId: string): RunModel {
    const run = this.runs.get(runId);
    if (!run) throw new Error(`no run ${runId}`);
    return run;
  }

  #row(run: RunModel, iterationId: string): RowModel {
    const row = run.rows.get(iterationId);
    if (!row) throw new Error(`no row ${iterationId}`);
    return row;
  }
}

/** Whether nothing is left to send. */
export const isDone = (state: RowState): boolean => state === 'ACCEPTED' || state === 'STALE' || state === 'GONE';

/** Whether AdSuite answered about a row. */
export const isAnswered = ({ state }: Pick<RowModel, 'state'>): boolean => state !== 'PENDING' && state !== 'UNKNOWN';

/** The values of an iteration that is no longer in the build. */
export const zeroText = valuesText(noValues);

export const isZero = (row: Pick<OutboxRow, 'valuesText'>): boolean => row.valuesText === zeroText;

/** Whether a row's result is that AdSuite does not know the iteration. */
export const isUnknown = ({ state, code }: Pick<RowModel, 'state' | 'code'>): boolean =>
  state === 'GONE' || (state === 'REJECTED' && code === unknownIterationCode);

/** The model as a DeliveryStore, without delays. */
export function storeOf(model: LedgerModel): DeliveryStore {
  return {
    claim: async (worker, milliseconds) => model.claim(worker, milliseconds),
    renew: async (lease, milliseconds) => model.renew(lease, milliseconds),
    release: async (lease) => model.release(lease),
    handover: async (lease) => model.handover(lease),
    progress: async (lease) => model.progress(lease),
    nextBatch: async (lease, excluding) => model.nextBatch(lease, excluding),
    recordWait: async (lease, wait, breaker) => model.recordWait(lease, wait, breaker),
    recordResumed: async (lease) => model.recordResumed(lease),
    recordAttempt: async (lease, batch) => model.recordAttempt(lease, batch),
    settle: async (lease, batch, results) => model.settle(lease, batch, results),
    postpone: async (lease, batch, milliseconds, _, mayHaveArrived) =>
      model.postpone(lease, batch, milliseconds, mayHaveArrived),
    split: async (lease, batch) => model.split(lease, batch),
    finish: async (lease, end, reason) => model.finish(lease, end, reason),
  };
}
