import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { PoolState } from '../../db/observation.ts';
import { PushInterrupted } from '../../push/errors.ts';
import type { OpenPushing, Pushing, PushRequest } from '../../push/index.ts';
import type { Metrics, StoreName } from '../../telemetry/metrics.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import type { LedgerPlace } from '../open-ledger.ts';
import type { Log } from '../start.ts';
import { decodeError } from './error-messages.ts';
import { KeptThread } from './kept-thread.ts';
import type { MainCalls, Report, ThreadInput } from './messages.ts';

export interface PushThreadOptions {
  readonly input: ThreadInput;
  /** Finds the ledger; starts and migrates an embedded one. */
  readonly ledgerPlace: () => Promise<LedgerPlace>;
  readonly logger: Log;
  readonly metrics: Pick<Metrics, 'queryEnded' | 'adsuiteEnded' | 'rowsSettled' | 'pushThreadEnded' | 'pushThreadHeap'>;
  readonly tracing: Pick<Tracing, 'outgoing'> | null;
  /** For tests: starts the thread. */
  readonly startWorker?: (file: URL, options: WorkerOptions) => Worker;
}

export interface PushThread extends OpenPushing {
  /** The connections of the thread, as it last reported them. */
  pools(store: StoreName): readonly PoolState[];
}

/** The heap of the thread in MB. With more, V8 would collect garbage later. A flag `--max-old-space-size` of the process overrides it. */
const resourceLimits = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 192 };

const methods = ['preview', 'push', 'retry', 'cancel', 'resumeRun', 'drift'] as const;

const withoutRequest: PushRequest = { signal: new AbortController().signal, beginWait: () => () => undefined };

/**
 * Pushing in a thread of its own, which is started when it is first needed. If the thread ends unexpectedly, calls in progress fail
 * with `PushInterrupted`, and it is started again: a recorded run continues when the lease of the thread that delivered it has expired.
 */
export function openPushThread(options: PushThreadOptions): PushThread {
  const { input, logger, metrics, tracing } = options;
  const requests = new Map<number, PushRequest & { endWait: (() => void) | null; runId: string | null }>();
  let lastRequestId = 0;
  let last: Report | null = null;

  const serving: MainServing = {
    beginWait: async (requestId, seconds) => {
      const request = requests.get(requestId);
      if (!request) return false;
      request.endWait = await request.beginWait(seconds);
      return request.endWait !== null;
    },
    recording: (requestId, runId) => {
      const request = requests.get(requestId);
      if (request) request.runId = runId;
    },
    ledgerPlace: options.ledgerPlace,
    report: (report) => {
      last = report;
      metrics.pushThreadHeap(report.heapBytes);
      for (const { store, ended } of report.queries) metrics.queryEnded(store, ended);
      for (const { request, status, milliseconds } of report.requests)
        metrics.adsuiteEnded(request, status, milliseconds);
      for (const settled of report.settled) metrics.rowsSettled(settled);
    },
    log: (level, { fields, err }, message) => {
      logger[level]({ ...fields, ...(err === null ? {} : { err: decodeError(err) }) }, message);
    },
  };
  const thread = new KeptThread({
    start: () => startWorker(options),
    serve: (name, args) => (serving[name as keyof MainCalls] as (...all: readonly unknown[]) => unknown)(...args),
    onDeath: (error, restartMilliseconds) => {
      last = null;
      metrics.pushThreadEnded();
      if (restartMilliseconds === null) {
        logger.error({ err: error }, 'the thread of pushes ended unexpectedly while it was being closed');
        return;
      }
      const restartSeconds = restartMilliseconds / 1000;
      logger.error({ err: error, restartSeconds }, 'the thread of pushes ended unexpectedly; it is started again');
    },
    onStuck: () => logger.error({}, 'the thread of pushes does not close; it is terminated'),
  });

  const send = async (method: keyof Pushing, args: readonly unknown[], given: PushRequest): Promise<unknown> => {
    lastRequestId += 1;
    const id = lastRequestId;
    const aboutRun = (method === 'cancel' || method === 'resumeRun') && typeof args[0] === 'string' ? args[0] : null;
    const request = { signal: given.signal, beginWait: given.beginWait, endWait: null, runId: aboutRun };
    requests.set(id, request);
    try {
      return await thread.call('request', [id, method, args, tracing?.outgoing() ?? {}], given.signal);
    } catch (error) {
      if (!(error instanceof PushInterrupted)) throw error;
      throw new PushInterrupted(request.runId, error.retrySeconds, { cause: error.cause });
    } finally {
      requests.delete(id);
      endWaitOf(request);
    }
  };
  const within = (request: PushRequest): Pushing =>
    Object.fromEntries(
      methods.map((method) => [method, (...args: readonly unknown[]) => send(method, args, request)]),
    ) as unknown as Pushing;
  return {
    ...within(withoutRequest),
    within,
    resume: () => thread.resume(),
    // Until the thread has sent a request, its breaker is closed.
    breaker: () => (input.adsuite === null ? null : (last?.breaker ?? 'CLOSED')),
    stopWaiting: () => thread.stopWaiting(),
    close: () => thread.close(),
    pools: (store) => last?.pools[store] ?? [],
  };
}

const endWaitOf = ({ endWait }: { readonly endWait: (() => void) | null }): void => endWait?.();

/** What the main thread serves; each result may be a promise. */
type MainServing = {
  readonly [Name in keyof MainCalls]: (
    ...args: Parameters<MainCalls[Name]>
  ) => ReturnType<MainCalls[Name]> | Promise<ReturnType<MainCalls[Name]>>;
};

function startWorker({ input, startWorker: start = (file, options) => new Worker(file, options) }: PushThreadOptions) {
  const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
  return start(new URL(file, import.meta.url), { name: 'pushes', workerData: input, resourceLimits });
}
