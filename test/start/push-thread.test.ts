import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getPriority } from 'node:os';
import { json } from 'node:stream/consumers';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import type { DeliveryLimits } from '../../src/config/push.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { ServiceStopping } from '../../src/limits/request-errors.ts';
import { PlanChanged, PushInterrupted, PushNotFound } from '../../src/push/errors.ts';
import type { PushInput } from '../../src/push/record/input.ts';
import type { ThreadInput } from '../../src/start/push-thread/messages.ts';
import { openPushThread, type PushThreadOptions } from '../../src/start/push-thread/open-push-thread.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { type LedgerServer, ledgerServers, openTestLedger } from '../support/ledgers.ts';
import { latch, openGate, type Pass, PushWarehouse } from '../support/push-api.ts';
import { expectHeld, fast, token } from '../support/push-stages.ts';

const iterations = 4;
/** Of a run that has to be taken over. */
const shortLease = 2_000;

let warehouse: PushWarehouse;
let server: LedgerServer;
let ledgerTarget: LedgerTarget;
let sandbox: Sandbox;
beforeAll(async () => {
  warehouse = await PushWarehouse.open(iterations);
  const [, start] = ledgerServers.find(([name]) => name === 'PostgreSQL') as (typeof ledgerServers)[number];
  server = await start();
});
beforeEach(async () => {
  ledgerTarget = await server.emptyLedger();
  sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await sandbox.close();
});
afterAll(async () => {
  await server.stop();
  await warehouse.database.close();
});

const closing: (() => Promise<unknown>)[] = [];

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: { readonly err?: Error & { readonly code?: string } };
}

/** The thread with the real stores, and what it logs. */
async function open(
  pass: Pass | null,
  options: Partial<PushThreadOptions> = {},
  input: Partial<ThreadInput> = {},
  delivery: Partial<DeliveryLimits> = {},
) {
  const gate = pass && (await openGate(sandbox.url, pass));
  if (gate) closing.push(() => gate.close());
  const log: Line[] = [];
  const lineAt = (level: string) => (fields: object, message: string) => void log.push({ level, fields, message });
  const workers: Worker[] = [];
  const telemetry = createTelemetry();
  const { push, staleAfterMinutes } = loadConfig({});
  const pushing = openPushThread({
    input: {
      push: {
        ...push,
        batchRows: 1,
        delivery: { ...push.delivery, ...fast, attempts: 1_000, concurrency: 1, ...delivery },
      },
      // Data of tests is old.
      staleAfterMinutes: { ...staleAfterMinutes, build: 1e8, mirror: 1e8 },
      warehouse: {
        target: warehouse.database.target,
        limits: { connections: 2, waitSeconds: 10, statementSeconds: 60 },
      },
      ledgerConnections: 4,
      adsuite: { url: gate?.url ?? sandbox.url, token },
      traces: null,
      ...input,
    },
    ledgerPlace: async () => ({ target: ledgerTarget }),
    logger: { info: lineAt('info'), warn: lineAt('warn'), error: lineAt('error') },
    metrics: telemetry.metrics,
    tracing: null,
    startWorker: (file, given: WorkerOptions) => {
      const worker = new Worker(file, given);
      workers.push(worker);
      return worker;
    },
    ...options,
  });
  closing.push(() => pushing.close());
  return { pushing, log, workers, metrics: telemetry.metrics };
}

const input = (rest: Partial<PushInput> = {}): PushInput => ({
  selection: { iterationIds: null, strategyIds: null },
  ...{ planHash: null, dryRun: false, override: { reason: 'a test' }, idempotencyKey: null },
  ...{ requestedBy: 'test', isVerified: false, note: null, waitSeconds: 120 },
  ...rest,
});

const allHeld = () =>
  expectHeld(
    sandbox,
    warehouse.iterations.map((iteration) => warehouse.held(iteration)),
  );

/** The end of a run that is in progress, as another reader of the ledger sees it. */
async function ended(id: string) {
  const ledger = openTestLedger(ledgerTarget);
  await expect.poll(async () => (await ledger.reads.runsByIds([id]))[0]?.state).not.toBe('RUNNING');
  const [run] = await ledger.reads.runsByIds([id]);
  await ledger.close();
  return run;
}

/** Linux's nice values of this process's threads of pushes. */
const niceValues = () =>
  readdirSync('/proc/self/task')
    .map((id) => readFileSync(`/proc/self/task/${id}/stat`, 'utf8'))
    .filter((stat) => stat.includes('(pushes)'))
    // See proc_pid_stat(5).
    .map((stat) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]));

test('a push in the thread ends like one in this thread; its metrics and its line of the log arrive here', async () => {
  const { pushing, log, metrics } = await open(null);
  expect([pushing.breaker(), pushing.pools('ledger')]).toEqual(['CLOSED', []]);
  const { refusal, totals, lastPosition } = await pushing.preview(input().selection, { first: 2, after: null });
  if (process.platform === 'linux') expect(niceValues()).toEqual([Math.max(getPriority(), 5)]);
  expect([refusal, totals.changed, lastPosition?.payout]).toEqual([null, iterations, 32_500n]);
  const run = await pushing.push(input());
  expect([run.state, run.counts.accepted]).toEqual(['SUCCEEDED', iterations]);
  allHeld();
  await expect.poll(() => log.map(({ level, message }) => [level, message])).toEqual([['info', 'push succeeded']]);
  const { compared, rows } = await pushing.drift(input().selection, { first: 10, after: null });
  expect([compared, rows]).toEqual([iterations, []]);
  const stores = { isUp: true, pools: [] };
  const sample = { isReady: true, stores: { warehouse: stores, ledger: stores }, buildAge: null, dataLag: null };
  const { body } = await metrics.text({ ...sample, backlog: null, breaker: pushing.breaker(), snapshot: null });
  for (const line of [
    `attribution_push_rows_total{outcome="ACCEPTED"} ${iterations}`,
    `attribution_adsuite_request_duration_seconds_count{kind="push",status="200",repeated="false"} ${iterations}`,
    'attribution_query_duration_seconds_count{store="ledger",query="push.commit",outcome="ok"} 1',
    'attribution_query_duration_seconds_count{store="warehouse",query="builds.latest",outcome="ok"} 3',
    'attribution_push_breaker_state{state="CLOSED"} 1',
  ])
    expect(body).toContain(line);
  expect(body).toMatch(/^attribution_push_thread_heap_bytes [1-9]\d{6,}$/m);
  expect(pushing.pools('ledger').map(({ name, max }) => [name, max])).toContainEqual(['leases', 1]);
});

test('errors of the thread are those of the domain: class, code, message, details', async () => {
  const { pushing } = await open(null);
  const requester = { requestedBy: 'test', isVerified: false, note: null, waitSeconds: 0 };
  const notFound = await pushing.cancel('no such run', requester).catch((error: unknown) => error);
  expect(notFound).toStrictEqual(new PushNotFound('no such run'));
  const missing = await pushing.retry('no such run', { ...requester, idempotencyKey: null }).catch((error) => error);
  expect(missing).toStrictEqual(new PushNotFound('no such run'));
  const changed = await pushing.push(input({ planHash: 'x' })).catch((error: unknown) => error);
  expect(changed).toBeInstanceOf(PlanChanged);
  expect(changed).toMatchObject({
    name: 'PlanChanged',
    extensions: { code: 'PLAN_CHANGED', http: { status: 409 }, planHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
});

test('a request that ends ends its preview, with its own reason', async () => {
  const { pushing } = await open(null);
  const controller = new AbortController();
  const request = pushing.within({ signal: controller.signal, beginWait: () => () => {} });
  const preview = request.preview(input().selection, { first: 1, after: null });
  const reason = new Error('the client left');
  controller.abort(reason);
  await expect(preview).rejects.toBe(reason);
  await expect(request.preview(input().selection, { first: 1, after: null })).rejects.toBe(reason);
});

test('a request waits as long as this thread lets it, and tells when its wait is over', async () => {
  const held = latch();
  const { pushing } = await open((phase) => (phase === 'arrived' ? held.wait() : undefined));
  const signal = new AbortController().signal;
  const full = await pushing.within({ signal, beginWait: () => null }).push(input());
  expect(full.state).toBe('RUNNING');
  await held.reached;
  const waits: (number | string)[] = [];
  const beginWait = (seconds: number) => {
    waits.push(seconds);
    held.release();
    return () => void waits.push('over');
  };
  const requester = { requestedBy: 'test', isVerified: false, note: null, waitSeconds: 100 };
  const run = await pushing.within({ signal, beginWait }).resumeRun(full.id, requester);
  expect([run.state, waits]).toEqual(['SUCCEEDED', [100, 'over']]);
});

test('a run continues after its thread ended unexpectedly; the caller is told how to find it', async () => {
  const held = latch();
  const pass: Pass = (phase, request) => (phase === 'applied' && request === 2 ? held.wait() : undefined);
  const { pushing, log, workers } = await open(pass, {}, {}, { leaseMilliseconds: shortLease });
  const { id } = await pushing.push(input({ waitSeconds: 0 }));
  const waiting = pushing
    .resumeRun(id, { requestedBy: 'test', isVerified: false, note: null, waitSeconds: 100 })
    .catch((error: unknown) => error);
  await held.reached;
  await workers[0]?.terminate();
  const error = await waiting;
  expect(error).toBeInstanceOf(PushInterrupted);
  const http = { status: 503, headers: new Map([['retry-after', '1']]) };
  expect(error).toMatchObject({ extensions: { code: 'PUSH_INTERRUPTED', runId: id, http } });
  // It is not started for each request, but after a pause.
  await expect(pushing.preview(input().selection, { first: 1, after: null })).rejects.toThrow(PushInterrupted);
  held.release();
  expect(await ended(id)).toMatchObject({ state: 'SUCCEEDED', counts: { accepted: iterations } });
  allHeld();
  expect(workers.length).toBe(2);
  expect(log.filter(({ level }) => level === 'error')).toMatchObject([
    { message: 'the thread of pushes ended unexpectedly; it is started again', fields: { restartSeconds: 1 } },
  ]);
});

test('a thread that runs out of memory ends alone', async () => {
  const { pushing, log } = await open(null, {
    startWorker: (file, given) => new Worker(file, { ...given, resourceLimits: { maxOldGenerationSizeMb: 5 } }),
  });
  await expect(pushing.push(input())).rejects.toThrow(PushInterrupted);
  expect(log[0]?.fields.err?.code).toBe('ERR_WORKER_OUT_OF_MEMORY');
});

test('a service that stops during a push releases the run; the next one continues it', async () => {
  const held = latch();
  const { pushing, log } = await open((phase, request) =>
    phase === 'arrived' && request === 2 ? held.wait() : undefined,
  );
  const waiting = pushing.push(input());
  await held.reached;
  pushing.stopWaiting();
  const run = await waiting;
  expect(run.state).toBe('RUNNING');
  const closed = pushing.close();
  held.release();
  await closed;
  expect(log.map(({ message }) => message)).toEqual(['stopped delivering a push']);
  await expect(pushing.push(input())).rejects.toThrow(ServiceStopping);
  const next = await open(null);
  next.pushing.resume();
  expect(await ended(run.id)).toMatchObject({ state: 'SUCCEEDED', counts: { accepted: iterations } });
});

test('queries of a request are parts of its trace, and delivery is not', async () => {
  const spans: { name: string; traceId: string; parentSpanId?: string }[] = [];
  const receiver = createServer(async (request, response) => {
    const body = (await json(request)) as { resourceSpans: { scopeSpans: { spans: typeof spans }[] }[] };
    spans.push(...body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const { pushing } = await open(
    null,
    { tracing: { outgoing: () => ({ traceparent }) } },
    { traces: { endpoint, ratio: 1 } },
  );
  await pushing.push(input());
  await pushing.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  const [, traceId, parentSpanId] = traceparent.split('-');
  const ofRequest = spans.filter((span) => span.traceId === traceId && span.parentSpanId === parentSpanId);
  expect(ofRequest.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['warehouse builds.latest', 'ledger push.commit']),
  );
  const requests = spans.filter(({ name }) => name === 'adsuite push');
  expect(requests.length).toBe(iterations);
  for (const request of requests) expect(request.parentSpanId).toBeUndefined();
});
