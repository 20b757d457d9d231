import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  endOf,
  type LedgerServer,
  ledgerServers,
  openTestLedger,
  plannedRow,
  recordingOf,
} from '../support/ledgers.ts';
import { proofs } from '../support/proofs.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** The size of this process's JavaScript heap after garbage collection, in MB. */
const held = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

const rows = 100_000;
const step = 5_000;
const batch = 500;

// On PGlite too, but only at night.
describe.each(ledgerServers.slice(proofs(1, 1, 0)))('100,000 rows on %s', (_name, start) => {
  let server: LedgerServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  test('are recorded and delivered in constant memory, with correct counts', {
    timeout: 300_000,
  }, async () => {
    const ledger = openTestLedger(await server.emptyDatabase(), { batchRows: batch });
    const recording = await recordingOf(ledger.pushes, { id: 'a' });
    const memory: number[] = [];
    for (let from = 1; from <= rows; from += step) {
      await recording.add(Array.from({ length: step }, (_, index) => plannedRow(String(from + index))));
      memory.push(held());
    }
    await recording.commit(endOf('RUNNING', rows));

    const lease = await ledger.delivery.claim('one', 600_000);
    if (!lease) throw new Error('no running run');
    for (let sent = 0; ; sent += batch) {
      const next = await ledger.delivery.nextBatch(lease, []);
      if (!next) break;
      await ledger.delivery.recordAttempt(lease, next);
      const results = next.rows.map(({ iterationId }) => ({
        iterationId,
        state: 'ACCEPTED' as const,
        code: null,
        message: null,
      }));
      await ledger.delivery.settle(lease, next, results);
      if (sent % step === 0) memory.push(held());
    }
    expect(await ledger.delivery.finish(lease, 'done', null)).toBe('SUCCEEDED');
    const [run] = await ledger.reads.runsByIds(['a']);
    expect(run).toMatchObject({ counts: { planned: rows, accepted: rows }, sent: rows, attempts: rows / batch });
    const everything = {
      after: '99998',
      through: null,
      selection: { iterationIds: null, strategyIds: null },
      limit: 9,
    };
    expect((await ledger.pushes.receipts(everything)).map((receipt) => receipt.iterationId)).toEqual([
      '99999',
      '100000',
    ]);
    await ledger.close();
    // Rows are kept for delivery up to 24 MB of values, which take about 31 MB with their ids. All rows would take 41 MB.
    const [first = 0] = memory;
    expect(Math.max(...memory) - first).toBeLessThan(36);
  });
});
