import '../compile-cache.ts';
import { getPriority, setPriority } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { LedgerUnavailable } from '../../errors.ts';
import { type OpenPushing, openPushing } from '../../push/index.ts';
import { runEndLine } from '../../push/record/run-end.ts';
import { Closing } from '../closing.ts';
import { openLoggedLedger } from '../open-ledger.ts';
import { openLoggedWarehouse } from '../open-warehouse.ts';
import { pushSource } from '../push-source.ts';
import { pushingLimits } from '../pushing-limits.ts';
import type { Log } from '../start.ts';
import { openTracing } from '../telemetry.ts';
import { encodeError } from './error-messages.ts';
import type { MainCalls, ThreadCalls, ThreadInput } from './messages.ts';
import { type Message, Remote } from './remote.ts';
import { Reports } from './reports.ts';

/**
 * The thread that plans, records and delivers pushes. It has its own heap, which is small, and its own connections to the
 * warehouse and the ledger: a push neither delays reads nor makes them collect its garbage.
 */
const port = parentPort;
const belowNormal = 5;
if (port === null) throw new Error('thread.ts runs as a worker thread only');

const input = workerData as ThreadInput;

const main = new Remote<MainCalls>(
  (message: Message) => port.postMessage(message),
  (name, args, signal) =>
    (serving[name as keyof ThreadCalls] as (...all: readonly unknown[]) => unknown)(...args, signal),
);

const lineAt = (level: keyof Log) => (given: object, message: string) => {
  const { err, ...fields } = given as { readonly err?: unknown };
  main.notify('log', [level, { fields, err: err === undefined ? null : encodeError(err) }, message]);
};
const logger: Log = { info: lineAt('info'), warn: lineAt('warn'), error: lineAt('error') };
// Reads come first while the cores are busy. Only Linux has a priority for each thread; elsewhere it would be the whole process's.
if (process.platform === 'linux') {
  try {
    // A process without privileges can't raise a priority that is lower already.
    setPriority(Math.max(getPriority(), belowNormal));
  } catch (error) {
    logger.warn({ err: error }, 'the thread of pushes has the priority of the service');
  }
}

const closing = new Closing((error) => logger.error({ err: error }, 'closing the thread of pushes failed'));

const tracing = await openTracing(input.traces, { logger, closing });
const reports = new Reports((observed) => {
  const pools = { warehouse: warehouse.pools(), ledger: ledger.status.pools() };
  const heapBytes = getHeapStatistics().used_heap_size;
  main.notify('report', [{ ...observed, breaker: pushing.breaker(), pools, heapBytes }]);
}, tracing);

const warehouse = openLoggedWarehouse(input.warehouse.target, input.warehouse.limits, {
  logger,
  closing,
  telemetry: reports,
});
const ledger = openLoggedLedger({
  place: () => main.call('ledgerPlace', []),
  push: input.push,
  maxConnections: input.ledgerConnections,
  statusOpens: () => false,
  logger,
  telemetry: reports,
});
closing.add(() => ledger.close());
const pushing: OpenPushing = openPushing({
  source: pushSource(warehouse),
  ledger,
  adsuite: input.adsuite,
  ...pushingLimits(input),
  onHandedOver: (run, how) => logger.info({ run, how }, 'stopped delivering a push'),
  onEnded: (run) => {
    const { level, fields, message } = runEndLine(run);
    logger[level](fields, message);
  },
  onSettled: reports.settled,
  observeRequest: reports.observeRequest,
  onError: (error) => {
    // The ledger has logged its own failures.
    if (error instanceof LedgerUnavailable) return;
    logger.error({ err: error }, 'delivering a push failed; it is retried');
  },
});
closing.add(() => pushing.close());

/** Each function gets the signal of its call as a further argument. */
const serving = {
  request: (requestId, method, args, trace, signal: AbortSignal) => {
    const request = {
      signal,
      beginWait: async (seconds: number) =>
        (await main.call('beginWait', [requestId, seconds])) ? () => undefined : null,
      onRecording: (runId: string) => main.notify('recording', [requestId, runId]),
    };
    const call = pushing.within(request)[method] as (...all: readonly unknown[]) => unknown;
    return tracing === null ? call(...args) : tracing.continued(trace, () => call(...args));
  },
  resume: () => pushing.resume(),
  stopWaiting: () => pushing.stopWaiting(),
  close: () => closing.close(),
} satisfies Record<keyof ThreadCalls, (...args: never[]) => unknown> &
  Pick<ThreadCalls, 'resume' | 'stopWaiting'> & {
    request(...args: [...Parameters<ThreadCalls['request']>, AbortSignal]): unknown;
  };

port.on('message', (message: Message) => main.receive(message));
