import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryStore, Lease } from '../../src/push/ports.ts';
import type { Batch, RowState } from '../../src/push/types.ts';
import type { DeliveryHarness } from './delivery-store.ts';
import { batchRows, plannedRows } from './push-rows.ts';

const minute = 60_000;

/** What every DeliveryStore must remember of rows that AdSuite said nothing about. `open` makes an empty one, before each test. */
export function describeDoubtfulRows(name: string, open: () => Promise<DeliveryHarness>): void {
  describe(`rows without a word, in a delivery store: ${name}`, () => {
    let harness: DeliveryHarness;
    let store: DeliveryStore;
    let lease: Lease;
    beforeEach(async () => {
      harness = await open();
      store = harness.store;
      await harness.record(1, plannedRows(2 * batchRows));
      lease = present(await store.claim('one', minute));
    });
    afterEach(() => harness.close());

    const next = async () => present(await store.nextBatch(lease, []));

    /** How the rows of the first batch end; those of the second are never sent. */
    async function endOf(prepare: (batch: Batch) => Promise<unknown>): Promise<RowState[]> {
      await prepare(await next());
      expect(await store.finish(lease, 'gave up', 'no time left')).not.toBeNull();
      const states = (await harness.rows(lease.runId)).map((row) => row.state);
      expect(states.slice(batchRows)).toEqual(Array(batchRows).fill('PENDING'));
      return states.slice(0, batchRows);
    }
    const all = (state: RowState) => Array(batchRows).fill(state);

    test('that were about to be sent end UNKNOWN', async () => {
      expect(await endOf((batch) => store.recordAttempt(lease, batch))).toEqual(all('UNKNOWN'));
    });

    test('that wait after a sending end UNKNOWN', async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.postpone(lease, batch, minute, 'reset', true);
      });
      expect(end).toEqual(all('UNKNOWN'));
    });

    test('that certainly have not arrived stay PENDING', async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.postpone(lease, batch, 0, 'no connection', false);
        const again = await next();
        expect(again).toMatchObject({ attempts: 1, isUnsent: true });
        // Nothing new is told of it.
        await store.postpone(lease, again, 0, 'later');
        expect(await next()).toEqual(again);
      });
      expect(end).toEqual(all('PENDING'));
    });

    test('are in doubt again with the next attempt', async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.postpone(lease, batch, 0, 'no connection', false);
        await store.recordAttempt(lease, await next());
        const again = await next();
        expect([again.attempts, again.isUnsent ?? false]).toEqual([2, false]);
        await store.postpone(lease, again, 0, 'later');
        expect((await next()).isUnsent ?? false).toBe(false);
      });
      expect(end).toEqual(all('UNKNOWN'));
    });

    test('that an answer passed over end UNKNOWN, and the others as they were told', async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.settle(lease, batch, [{ iterationId: '2', state: 'ACCEPTED', code: null, message: null }]);
      });
      expect(end).toEqual(['UNKNOWN', 'ACCEPTED', 'UNKNOWN']);
    });

    test('that were refused with others stay PENDING', async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.split(lease, batch);
      });
      expect(end).toEqual(all('PENDING'));
    });

    test('that nobody tried to send stay PENDING', async () => {
      expect((await next()).isUnsent ?? false).toBe(false);
      expect(await endOf((batch) => store.postpone(lease, batch, 0, 'later'))).toEqual(all('PENDING'));
    });
  });
}

function present<Value>(value: Value | null): Value {
  if (value === null) throw new Error('nothing there');
  return value;
}
