import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import type { Lease } from '../../src/push/ports.ts';
import type { Batch } from '../../src/push/types.ts';
import {
  batchRows,
  type LedgerServer,
  ledgerServers,
  openTestLedger,
  plannedRows,
  recordRun,
} from '../support/ledgers.ts';

describe.each(ledgerServers)('%s: the rows of a recorded run', (_, start) => {
  let server: LedgerServer;
  let one: Ledger;
  let other: Ledger;
  beforeAll(async () => {
    server = await start();
    const target = await server.emptyLedger();
    [one, other] = [openTestLedger(target), openTestLedger(target)];
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await server.stop();
  });

  async function batchesOf(ledger: Ledger, lease: Lease): Promise<Batch[]> {
    const batches: Batch[] = [];
    for (;;) {
      const batch = await ledger.delivery.nextBatch(
        lease,
        batches.map(({ number }) => number),
      );
      if (!batch) return batches;
      batches.push(batch);
    }
  }

  test('are the same from memory, from the ledger, and in another process', async () => {
    // Two full batches, and one that is not.
    const rows = plannedRows(2 * batchRows + 1);
    await recordRun(one, { id: 'run', version: 7 }, rows);
    const lease = await one.delivery.claim('one', 60_000);
    if (!lease) throw new Error('no running run');
    const fromMemory = await batchesOf(one, lease);
    expect(fromMemory.map((batch) => batch.rows.length)).toEqual([batchRows, batchRows, 1]);
    expect(fromMemory[0]?.rows[0]).toEqual({
      ...{ iterationId: '1', strategyId: rows[0]?.strategyId, version: 7, valuesText: rows[0]?.newText },
    });
    expect(await batchesOf(one, lease)).toEqual(fromMemory);
    expect(await batchesOf(other, lease)).toEqual(fromMemory);
    await one.delivery.finish(lease, 'cancelled', null);
  });

  test('do not include those that another process has settled meanwhile', async () => {
    await recordRun(one, { id: 'next', version: 8 }, plannedRows(2 * batchRows));
    const lease = await other.delivery.claim('other', 60_000);
    const batch = lease && (await other.delivery.nextBatch(lease, []));
    if (!batch) throw new Error('no running run');
    await other.delivery.recordAttempt(lease, batch);
    const result = { iterationId: '1', state: 'ACCEPTED', code: null, message: null } as const;
    await other.delivery.settle(lease, batch, [result]);
    const left = await batchesOf(one, lease);
    expect(left.map(({ number, rows }) => [number, rows.length])).toEqual([
      [2, batchRows],
      [3, batchRows - 1],
    ]);
    expect(await batchesOf(other, lease)).toEqual(left);
  });
});
