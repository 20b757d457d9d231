import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DeliveryLimits, defaultDeliveryLimits } from '../../src/config/push.ts';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import { systemClock } from '../../src/push/delivery/clock.ts';
import type { Delivered } from '../../src/push/delivery/deliver.ts';
import { DeliveryWorker } from '../../src/push/delivery/worker.ts';
import type { AdsuiteTransport } from '../../src/push/ports.ts';
import { AdsuiteModel, bodyOf } from '../push/simulation/conditions.ts';
import {
  everyReceipt,
  everyRow,
  type LedgerServer,
  ledgerServers,
  openTestLedger,
  plannedRows,
  recordRun,
} from '../support/ledgers.ts';

const limits: DeliveryLimits = {
  ...defaultDeliveryLimits,
  backoff: { baseMilliseconds: 1, capMilliseconds: 1 },
  checkMilliseconds: 10,
  graceMilliseconds: 0,
};

describe.each(ledgerServers)('delivery from a ledger on %s', (_, start) => {
  let server: LedgerServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  test('a process continues the run of another one whose answers were lost, and nothing takes effect twice', async () => {
    const target = await server.emptyLedger();
    const [first, second] = [openTestLedger(target), openTestLedger(target)];
    const poison = new Set(['17']);
    const rejected = new Set(['5']);
    const adsuite = new AdsuiteModel({ poison, rejected, forgets: () => false });
    const runId = await recordRun(first, { id: randomUUID(), version: 3 }, plannedRows(40));

    // All answers to the first process are lost: AdSuite has four batches that the ledger does not know of.
    let inFlight = 0;
    const lost = Promise.withResolvers<void>();
    const losing: AdsuiteTransport = {
      send(batch, signal) {
        adsuite.take(bodyOf(batch), batch);
        if (++inFlight === limits.concurrency) lost.resolve();
        return new Promise((resolve) => {
          const answer = { kind: 'failed', reason: 'it was given up', mayHaveArrived: true } as const;
          signal.addEventListener('abort', () => resolve({ ...answer, retryAfterMilliseconds: null }), { once: true });
        });
      },
    };
    const one = workerOf('one', first, losing);
    one.worker.start();
    await lost.promise;
    await one.worker.stop();
    expect(await one.delivered).toEqual({ kind: 'released' });

    const two = workerOf('two', second, { send: async (batch) => adsuite.take(bodyOf(batch), batch) });
    two.worker.start();
    expect(await two.delivered).toEqual({ kind: 'ended', state: 'PARTIAL' });
    await two.worker.stop();

    const rows = await everyRow(second, runId);
    const ended = (state: string) => rows.filter((row) => row.state === state).map((row) => row.iterationId);
    expect(ended('REJECTED')).toEqual(['5', '17']);
    expect(ended('ACCEPTED')).toHaveLength(38);
    expect((await everyReceipt(second)).map((receipt) => receipt.iterationId)).toEqual(ended('ACCEPTED'));
    expect([...adsuite.effects.values()].every((times) => times === 1)).toBe(true);
    expect(adsuite.held('40')).toMatchObject({ version: 3 });
    await Promise.all([first.close(), second.close()]);
  });

  test('a process that takes over a run during a Retry-After sends nothing either', async () => {
    const target = await server.emptyLedger();
    const [first, second] = [openTestLedger(target), openTestLedger(target)];
    const runId = await recordRun(first, { id: randomUUID(), version: 3 }, plannedRows(40));
    const answer = { kind: 'failed', reason: '429', mayHaveArrived: false, retryAfterMilliseconds: 1e12 } as const;
    const one = workerOf('one', first, { send: async () => answer });
    one.worker.start();
    const waits = async () => (await second.reads.runsByIds([runId]))[0]?.nextAttemptAt ?? null;
    while ((await waits()) === null);
    // A graceful stop: nothing is in flight, and the waiting run's lease is released.
    await one.worker.stop();
    expect(await one.delivered).toEqual({ kind: 'released' });
    const due = await waits();

    const looked = Promise.withResolvers<void>();
    let [looks, sendings] = [0, 0];
    const looking: Ledger = {
      ...second,
      delivery: {
        ...second.delivery,
        progress: async (...asked) => {
          if (++looks === 10) looked.resolve();
          return second.delivery.progress(...asked);
        },
      },
    };
    const two = workerOf('two', looking, {
      send: async () => {
        sendings++;
        return answer;
      },
    });
    two.worker.start();
    await looked.promise;
    expect([sendings, await waits()]).toEqual([0, due]);
    await first.pushes.cancel(runId, 'a test');
    expect(await two.delivered).toEqual({ kind: 'ended', state: 'CANCELLED' });
    await two.worker.stop();
    expect((await everyRow(second, runId)).every(({ state }) => state === 'PENDING')).toBe(true);
    await Promise.all([first.close(), second.close()]);
  });
});

function workerOf(name: string, ledger: Ledger, adsuite: AdsuiteTransport) {
  const { promise: delivered, resolve, reject } = Promise.withResolvers<Delivered>();
  const worker = new DeliveryWorker({
    name,
    limits,
    adsuite,
    store: ledger.delivery,
    clock: systemClock,
    onDelivered: (_, how) => resolve(how),
    onError: reject,
  });
  return { worker, delivered };
}
