/**
 * Checks the memory of the push thread: many dry runs and plans of 10,000 changed iterations at once, on PostgreSQL, then many of which
 * all but a few leave while they wait. Prints how they ended, and the largest heap of the thread.
 *
 *   node bench/push-plans.ts [--iterations 10000] [--requests 60]
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { loadConfig } from '../src/config/index.ts';
import type { LedgerTarget } from '../src/db/ledger/target.ts';
import type { WarehouseTarget } from '../src/db/warehouse/pool.ts';
import { openPushThread } from '../src/start/push-thread/open-push-thread.ts';
import { createTelemetry } from '../src/telemetry/telemetry.ts';
import { createWarehouse } from './push/warehouse.ts';

const { values } = parseArgs({
  options: { iterations: { type: 'string', default: '10000' }, requests: { type: 'string', default: '60' } },
});
const requests = Number(values.requests);
/** Of those that leave, how many stay. */
const staying = 3;
const sampleMilliseconds = 50;

const selection = { iterationIds: null, strategyIds: null };
const dryRun = {
  ...{ selection, planHash: null, dryRun: true, override: null, idempotencyKey: null },
  ...{ requestedBy: 'bench', isVerified: false, note: null, waitSeconds: 0 },
};

const server = await startPostgres([]).catch(exitWithReason);
try {
  const { target } = await createWarehouse(server, Number(values.iterations));
  const { host, port, database, user, password } = await server.createDatabase('ledger');
  await measure(target, { dialect: 'postgres', host, port, database, login: { user, password }, tls: null });
} finally {
  await server.stop();
}

async function measure(warehouse: WarehouseTarget, ledger: LedgerTarget): Promise<void> {
  const { push, staleAfterMinutes } = loadConfig({});
  const workers: Worker[] = [];
  const pushing = openPushThread({
    input: {
      push,
      staleAfterMinutes: { ...staleAfterMinutes, build: 1e8, mirror: 1e8 },
      warehouse: { target: warehouse, limits: { connections: 2, waitSeconds: 300, statementSeconds: 300 } },
      ledgerConnections: 8,
      // Dry runs send nothing.
      adsuite: null,
      traces: null,
    },
    ledgerPlace: async () => ({ target: ledger }),
    logger: { info: () => {}, warn: console.log, error: console.log },
    metrics: createTelemetry().metrics,
    tracing: null,
    startWorker: (file, options) => {
      const worker = new Worker(file, options);
      workers.push(worker);
      return worker;
    },
  });
  let largest = 0;
  const sampling = setInterval(async () => {
    const heap = await workers
      .at(-1)
      ?.getHeapStatistics()
      .catch(() => null);
    largest = Math.max(largest, heap?.used_heap_size ?? 0);
  }, sampleMilliseconds);
  const request = (signal: AbortSignal) => pushing.within({ signal, beginWait: () => null });
  const dryRunOf = (signal: AbortSignal) =>
    request(signal)
      .push(dryRun)
      .then(({ totals }) => `dry run of ${totals.changed} rows`);
  const planOf = (signal: AbortSignal) =>
    request(signal)
      .preview(selection, { first: 500, after: null })
      .then(({ totals }) => `plan of ${totals.changed} rows`);

  const never = new AbortController().signal;
  await report('all at once', () =>
    Array.from({ length: requests }, (_, index) => (index % 2 ? planOf(never) : dryRunOf(never))),
  );
  const leaving = new AbortController();
  await report(`all but ${staying} leave`, () => {
    const all = Array.from({ length: requests }, (_, index) => dryRunOf(index < staying ? never : leaving.signal));
    leaving.abort(new Error('left'));
    return all;
  });
  clearInterval(sampling);
  await pushing.close();
  console.log(`largest heap: ${Math.round(largest / 1024 / 1024)} MB; threads started: ${workers.length}`);
}

/** Prints how many requests ended in which way. */
async function report(title: string, begin: () => readonly Promise<string>[]): Promise<void> {
  const startedAt = performance.now();
  const ends = await Promise.all(begin().map((one) => one.catch((error: Error) => error.message)));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  for (const [end, same] of Map.groupBy(ends, (each) => each)) console.log(`${title}: ${same.length} × ${end}`);
  console.log(`${title}: ${seconds} s`);
}
