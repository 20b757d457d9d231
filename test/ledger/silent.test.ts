import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Proxy as NetworkProxy, startProxy } from '../../local/tcp-proxy.ts';
import { defaultDeliveryLimits } from '../../src/config/push.ts';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { LedgerBusy, LedgerUnavailable } from '../../src/errors.ts';
import { systemClock } from '../../src/push/delivery/clock.ts';
import { DeliveryWorker } from '../../src/push/delivery/worker.ts';
import type { Lease } from '../../src/push/ports.ts';
import { record } from '../../src/push/record/record.ts';
import {
  endOf,
  type LedgerServer,
  ledgerServers,
  newRun,
  openTestLedger,
  plannedRows,
  recordingOf,
  recordRun,
} from '../support/ledgers.ts';

// The network to the ledger goes silent, as behind a firewall that has dropped its connections. The operating system notices
// only after many minutes; the service must not wait for that.
const [, [, startPostgres]] = ledgerServers as typeof ledgerServers & Record<1, (typeof ledgerServers)[number]>;
const limits = {
  deliveryMilliseconds: 200,
  renewalMilliseconds: 200,
  statementMilliseconds: 200,
  graceMilliseconds: 100,
  waitMilliseconds: 5_000,
};
let server: LedgerServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

let target: LedgerTarget;
let proxy: NetworkProxy;
let ledger: Ledger;
let faults: string[];
let onSent: (bytes: Buffer) => void;
beforeEach(async () => {
  target = await server.emptyLedger();
  onSent = () => {};
  proxy = await startProxy(target.port, (bytes) => onSent(bytes));
  faults = [];
  ledger = openTestLedger(
    { ...target, port: proxy.port },
    { ...limits, onFault: (name, { kind, explanation }) => faults.push(`${name} ${kind}: ${explanation}`) },
  );
});
afterEach(async () => {
  await ledger.close();
  await proxy.cut();
});

async function heldRun(): Promise<Lease> {
  await recordRun(ledger, { id: randomUUID() }, plannedRows(4));
  const lease = await ledger.delivery.claim('one', 60_000);
  if (!lease) throw new Error('no running run');
  return lease;
}

test('a renewal times out, is reported, and its connection is dropped', async () => {
  const lease = await heldRun();
  await ledger.delivery.renew(lease, 60_000);
  proxy.hush();
  await expect(ledger.delivery.renew(lease, 60_000)).rejects.toBeInstanceOf(LedgerUnavailable);
  expect(faults).toEqual([
    expect.stringMatching(/^push\.renew timeout: The ledger at 127\.0\.0\.1:\d+ did not answer in time/),
  ]);
  // A new connection works. Repeated, because a busy machine may be slower than these timeouts.
  await vi.waitFor(async () => expect(await ledger.delivery.renew(lease, 60_000)).toBe(true), { timeout: 20_000 });
});

test('a read times out', async () => {
  await ledger.reads.countRuns({});
  proxy.hush();
  await expect(ledger.reads.countRuns({})).rejects.toBeInstanceOf(LedgerUnavailable);
  expect(faults).toEqual([expect.stringContaining('pushes.page.count timeout')]);
});

test('after one timeout, all idle connections are dropped', async () => {
  const patient = { deliveryMilliseconds: 1_000, statementMilliseconds: 20_000 };
  const reader = openTestLedger({ ...target, port: proxy.port }, { ...patient, maxConnections: 32 });
  await Promise.all(
    Array.from({ length: 8 }, () => [reader.reads.countRuns({}), reader.delivery.claim('one', 60_000)]).flat(),
  );
  proxy.hush();
  await expect(reader.delivery.claim('one', 60_000)).rejects.toBeInstanceOf(LedgerUnavailable);
  // A claim is not retried, so its connection must be a new one.
  expect(await reader.delivery.claim('one', 60_000)).toBeNull();
  expect(await Promise.all(Array.from({ length: 8 }, () => reader.reads.countRuns({})))).toEqual(new Array(8).fill(0));
  await reader.close();
});

test('a worker stops soon although the network is silent', async () => {
  await recordRun(ledger, { id: randomUUID() }, plannedRows(4));
  const reached = Promise.withResolvers<void>();
  const worker = new DeliveryWorker({
    name: 'one',
    limits: { ...defaultDeliveryLimits, concurrency: 1, graceMilliseconds: 0 },
    clock: systemClock,
    store: ledger.delivery,
    adsuite: {
      send: (_, signal) =>
        new Promise((resolve) => {
          reached.resolve();
          const end = {
            kind: 'failed',
            reason: 'given up',
            retryAfterMilliseconds: null,
            mayHaveArrived: true,
          } as const;
          signal.addEventListener('abort', () => resolve(end), { once: true });
        }),
    },
    onDelivered: () => {},
    onError: () => {},
  });
  worker.start();
  await reached.promise;
  proxy.hush();
  await worker.stop();
  expect(faults.length).toBeGreaterThan(0);
});

test('a recording times out, and leaves no run', async () => {
  const recording = await recordingOf(ledger.pushes, { id: 'a' });
  await recording.add(plannedRows(2));
  proxy.hush();
  await expect(recording.add(plannedRows(4).slice(2))).rejects.toBeInstanceOf(LedgerUnavailable);
  await recording.rollback();
  expect(faults).toEqual([expect.stringContaining('push.record timeout')]);
  expect(await ledger.reads.countRuns({})).toBe(0);
});

test('opening a connection for a recording times out like any other, however long a recording may wait', async () => {
  const other = openTestLedger(
    { ...target, port: proxy.port },
    {
      ...{ statementMilliseconds: 60_000, waitMilliseconds: 500, recordingWaitMilliseconds: 60_000 },
      onFault: (name, { kind }) => faults.push(`${name} ${kind}`),
    },
  );
  await other.reads.countRuns({});
  onSent = () => proxy.hush();
  const began = performance.now();
  const error = await other.pushes.begin(newRun({ id: 'a' })).catch((reason) => reason);
  expect(error).toBeInstanceOf(LedgerUnavailable);
  // No other push is being recorded.
  expect(error).not.toBeInstanceOf(LedgerBusy);
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(faults).toEqual(['push.begin unreachable']);
  await other.close();
});

test('a commit without an answer is reported as unknown, and the same key finds the run', async () => {
  await ledger.reads.countRuns({});
  onSent = (bytes) => {
    if (bytes.includes('commit\0')) proxy.swallowAnswers();
  };
  const run = newRun({ id: 'a', idempotencyKey: 'key' });
  let times = 0;
  const push = () =>
    record(ledger.pushes, run, async (recording) => {
      times += 1;
      await recording.add(plannedRows(2));
      return endOf('RUNNING', 2);
    });
  const error = await push().catch((reason) => reason);
  expect(faults).toEqual([expect.stringContaining('push.commit timeout')]);
  expect(error.extensions).toMatchObject({ code: 'LEDGER_UNAVAILABLE', runId: 'a', http: { status: 503 } });
  expect(error.message).toMatch(/Push a may or may not have been recorded.*pushRun.*same idempotencyKey/);
  onSent = () => {};
  expect(await push()).toEqual({ runId: 'a', isForWorker: false });
  expect(times).toBe(1);
  expect(await ledger.reads.runsByIds(['a'])).toMatchObject([{ state: 'RUNNING', counts: { planned: 2 } }]);
});

test('closing does not wait for the server', async () => {
  await Promise.all([1, 2, 3].map(() => ledger.reads.countRuns({})));
  proxy.hush();
  await ledger.close();
});
