import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readContractSchemas } from '../../local/adsuite.ts';
import { type DeliveryLimits, defaultDeliveryLimits } from '../../src/config/push.ts';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import { type AdsuiteClientOptions, createAdsuiteClient } from '../../src/push/adsuite/client.ts';
import { DeliveryWorker } from '../../src/push/delivery/worker.ts';
import type { Clock, DeliveryStore, Sent } from '../../src/push/ports.ts';
import type { Batch, OutboxRow, RowResult } from '../../src/push/types.ts';
import { valuesText } from '../../src/push/values.ts';
import { buildOf, someText } from '../support/ledgers.ts';
import { LedgerModel, type RunModel, storeOf } from './simulation/models.ts';
import { Timeline } from './simulation/timeline.ts';

export const token = 'the-token-of-the-tests';

/** An outbox row with consistent values. */
export function row(iterationId: string, version = 1, conversions = 2): OutboxRow {
  const payout = `${conversions}.5000`;
  return {
    iterationId,
    strategyId: '3',
    version,
    valuesText: valuesText({
      clicks: 10,
      conversions,
      payout,
      firstConversionAt: '2026-01-08T10:18:24.372261Z',
      lastConversionAt: '2026-02-03T03:59:59.999999Z',
      byGoal: [{ goalReferenceId: 'g1', conversions, payout }],
    }),
  };
}

export function batch(rows: readonly OutboxRow[], given: Partial<Batch> = {}): Batch {
  const build = { id: 'b1', version: 1, asOf: '2026-02-03T04:05:06.000000Z' };
  return { runId: 'run-1', number: 1, build, rows, attempts: 1, ...given };
}

/** A clock that stands still; `strike` ends all its sleeps. */
export function stoppedClock(date = '2026-02-03T04:05:06Z') {
  const sleepers = new Set<() => void>();
  return {
    date: () => new Date(date),
    sleep: (_milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        const wake = () => {
          sleepers.delete(wake);
          resolve();
        };
        sleepers.add(wake);
        signal?.addEventListener('abort', wake);
      }),
    strike: () => {
      for (const wake of sleepers) wake();
    },
    /** The number of current sleeps. */
    sleeping: () => sleepers.size,
  };
}

/** A sandbox in memory, and a client for it with a stopped clock. */
export async function startPair(options: Partial<AdsuiteClientOptions> = {}) {
  const sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  const clock = stoppedClock();
  const client = createAdsuiteClient({ url: sandbox.url, token, timeoutMilliseconds: 30_000, clock, ...options });
  return { sandbox, client, clock };
}

/** A signal that is never aborted. */
export const unhurried = (): AbortSignal => new AbortController().signal;

/** Checks values against a schema of the contract; `errors` says why a value does not fit. */
export function contractCheck(schema: 'MetricsPush' | 'MetricsPushAnswer' | 'HeldMetricsPage' | 'Refusal') {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'contract', components: { schemas: readContractSchemas() } });
  const validate = ajv.compile({ $ref: `contract#/components/schemas/${schema}` });
  return (value: unknown): { readonly fits: boolean; readonly errors: string } => ({
    fits: validate(value),
    errors: ajv.errorsText(validate.errors),
  });
}

export interface StageOptions {
  readonly rows: number;
  readonly batchRows: number;
  /** AdSuite's answer to the nth request (from 0). */
  readonly answers: (batch: Batch, nth: number, now: number) => Sent;
  /** How long AdSuite takes, in milliseconds. */
  readonly answerMilliseconds?: number;
  readonly limits?: Partial<DeliveryLimits>;
  readonly store?: (store: DeliveryStore) => DeliveryStore;
  readonly prune?: () => Promise<boolean>;
}

/** One worker and one run in virtual time. Only AdSuite takes time. */
export class Stage {
  readonly timeline = new Timeline();
  readonly ledger: LedgerModel;
  readonly run: RunModel;
  readonly worker: DeliveryWorker;
  readonly requests: { readonly at: number; readonly batch: Batch }[] = [];
  readonly delivered: string[] = [];
  readonly faults: unknown[] = [];
  readonly clock: Clock;
  mostInFlight = 0;
  #inFlight = 0;
  #ledgerAhead = 0;
  readonly #options: StageOptions;

  constructor(options: StageOptions) {
    const { timeline } = this;
    this.#options = options;
    this.ledger = new LedgerModel({ now: () => timeline.now + this.#ledgerAhead, batchRows: options.batchRows });
    const rows = Array.from({ length: options.rows }, (_, index) => ({
      iterationId: String(index + 1),
      strategyId: '1',
      version: 1,
      valuesText: someText(index + 1),
    }));
    this.run = this.ledger.record('run', buildOf(1), rows);
    this.clock = clockOf(timeline);
    this.worker = this.newWorker('worker');
  }

  /** Sets the clock of the database. @param ahead milliseconds from the right time. */
  setLedgerClock(ahead: number): void {
    this.#ledgerAhead = ahead;
  }

  /** A worker of another process, not started yet. It has not seen this one's requests. */
  newWorker(name: string): DeliveryWorker {
    const options = this.#options;
    const store = storeOf(this.ledger);
    return new DeliveryWorker({
      name,
      limits: { ...defaultDeliveryLimits, ...options.limits },
      clock: this.clock,
      store: options.store ? options.store(store) : store,
      ...(options.prune ? { prune: options.prune } : {}),
      adsuite: { send: (batch, signal) => this.#send(batch, signal, options) },
      onDelivered: (_, { kind }) => this.delivered.push(kind),
      onError: (error) => this.faults.push(error),
    });
  }

  /** Adds another run with the same rows, after the first has ended. */
  recordAgain(id: string): RunModel {
    return this.ledger.record(id, buildOf(1), [...this.run.rows.values()]);
  }

  /** Plays until the run has ended, or until `isOver`. */
  async play(isOver: () => boolean = () => this.run.state !== 'RUNNING'): Promise<void> {
    this.worker.start();
    await this.timeline.play(() => isOver() || this.timeline.now > 24 * 3_600_000);
  }

  /** The number of rows by state. */
  get states(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { state } of this.run.rows.values()) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  #send(batch: Batch, signal: AbortSignal, { answers, answerMilliseconds = 10 }: StageOptions): Promise<Sent> {
    const { now } = this.timeline;
    const nth = this.requests.push({ at: now, batch }) - 1;
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
    return new Promise((resolve) => {
      const hear = (sent: Sent) => {
        this.#inFlight--;
        resolve(sent);
      };
      const giveUp = () => hear({ ...failed('it was given up'), mayHaveArrived: true });
      signal.addEventListener('abort', giveUp, { once: true });
      this.timeline.after(answerMilliseconds, () => {
        signal.removeEventListener('abort', giveUp);
        if (!signal.aborted) hear(answers(batch, nth, now));
      });
    });
  }
}

export function accepted(batch: Batch, which: (iterationId: string) => boolean = () => true): Sent {
  const results = batch.rows
    .filter((row) => which(row.iterationId))
    .map(({ iterationId }): RowResult => ({ iterationId, state: 'ACCEPTED', code: null, message: null }));
  return { kind: 'answered', results };
}

export function failed(reason: string, retryAfterMilliseconds: number | null = null): Sent & { kind: 'failed' } {
  return { kind: 'failed', reason, retryAfterMilliseconds, mayHaveArrived: false };
}

function clockOf(timeline: Timeline): Clock {
  let drawn = 0;
  return {
    now: () => timeline.now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
        timeline.after(milliseconds, resolve);
      }),
    // Evenly spread, and the same in every test run.
    random: () => (drawn++ * 0.618_034) % 1,
    date: () => new Date(0),
  };
}
