import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Receipt } from '../../src/push/ledger.ts';
import type { DeliveryStore, Lease, Wait } from '../../src/push/ports.ts';
import type { Batch, PlannedRow, RowResult } from '../../src/push/types.ts';
import { plannedRow, plannedRows, type RowStanding, someValues } from './ledgers.ts';

/** An empty store under test, and what its tests need besides. */
export interface DeliveryHarness {
  readonly store: DeliveryStore;
  /**
   * Records a running run of the build with this number, in batches of `batchRows` rows (ledgers.ts). Returns its id.
   *
   * @param retryOf the run that it retries.
   */
  record(version: number, rows: readonly PlannedRow[], retryOf?: string): Promise<string>;
  cancel(runId: string): Promise<boolean>;
  resume(runId: string): Promise<boolean>;
  /** The state of each row of a run, in the order of iterations' ids. */
  rows(runId: string): Promise<readonly RowStanding[]>;
  /** Why a run ended early; null if it did not. */
  reason(runId: string): Promise<string | null>;
  /** Whether the run's next attempt is displayed. */
  showsNextAttempt(runId: string): Promise<boolean>;
  /** All receipts, in the order of iterations' ids. */
  receipts(): Promise<readonly Pick<Receipt, 'iterationId' | 'version' | 'values' | 'runId'>[]>;
  close(): Promise<void>;
}

const minute = 60_000;

const pause = (minutes: number): Wait => ({ milliseconds: minutes * minute, cause: 'RETRY_AFTER' });

/** The tests of every DeliveryStore. `open` makes an empty one before each test. */
export function describeDeliveryStore(name: string, open: () => Promise<DeliveryHarness>): void {
  describe(`a delivery store: ${name}`, () => {
    let harness: DeliveryHarness;
    let store: DeliveryStore;
    beforeEach(async () => {
      harness = await open();
      store = harness.store;
    });
    afterEach(() => harness.close());

    /** The lease of a worker on a new run of `count` rows. */
    async function held(count: number, version = 1): Promise<Lease> {
      const runId = await harness.record(version, plannedRows(count));
      const lease = present(await store.claim('one', minute));
      expect(lease).toMatchObject({ runId, worker: 'one' });
      return lease;
    }
    const next = async (lease: Lease, excluding: readonly number[] = []) =>
      present(await store.nextBatch(lease, excluding));
    const states = async (lease: Lease) => (await harness.rows(lease.runId)).map((row) => row.state);

    describe('a lease', () => {
      test('is not granted if no run is running', async () => {
        expect(await store.claim('one', minute)).toBeNull();
      });

      test('is granted to one of several workers that claim at the same time', async () => {
        const runId = await harness.record(1, plannedRows(1));
        const claims = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((worker) => store.claim(worker, minute)));
        const won = claims.filter((claim) => claim !== null);
        expect(won).toEqual([{ runId, worker: expect.any(String), fence: expect.any(Number) }]);
        expect(await store.claim('late', minute)).toBeNull();
      });

      test('that has ended is granted to the next worker, with a higher fence, and the old one can write nothing', async () => {
        await harness.record(1, plannedRows(4));
        const old = present(await store.claim('old', 0));
        const batch = await next(old);
        const taken = present(await store.claim('new', minute));
        expect(taken.fence).toBeGreaterThan(old.fence);
        expect(await store.renew(old, minute)).toBe(false);
        expect(await store.recordWait(old, pause(1), 'OPEN')).toBe(false);
        expect(await store.recordResumed(old)).toBe(false);
        expect(await store.recordAttempt(old, batch)).toBe(false);
        expect(await store.settle(old, batch, accepted(batch))).toBe(false);
        expect(await store.postpone(old, batch, minute, 'late')).toBe(false);
        expect(await store.split(old, batch)).toBe(false);
        expect(await store.finish(old, 'done', null)).toBeNull();
        await store.release(old);
        expect(await next(taken)).toEqual(batch);
        expect(await store.handover(taken)).toMatchObject({ wait: null, breaker: 'CLOSED', postponed: [] });
        expect(await states(taken)).toEqual(['PENDING', 'PENDING', 'PENDING', 'PENDING']);
        expect(await harness.receipts()).toEqual([]);
        expect(await store.claim('third', minute)).toBeNull();
        expect(await store.renew(taken, minute)).toBe(true);
      });

      test('that has ended is still valid until another worker claims the run', async () => {
        await harness.record(1, plannedRows(1));
        const lease = present(await store.claim('one', 0));
        const batch = await next(lease);
        expect(await store.recordAttempt(lease, batch)).toBe(true);
        expect(await store.renew(lease, minute)).toBe(true);
        expect(await store.claim('two', minute)).toBeNull();
        expect(await store.settle(lease, batch, accepted(batch))).toBe(true);
      });

      test('that the same worker claims twice is two leases', async () => {
        await harness.record(1, plannedRows(1));
        const first = present(await store.claim('one', 0));
        const second = present(await store.claim('one', minute));
        expect(await store.renew(first, minute)).toBe(false);
        expect(await store.renew(second, minute)).toBe(true);
      });

      test('that was released is granted to others at once, and is no longer valid', async () => {
        const lease = await held(1);
        const batch = await next(lease);
        await store.release(lease);
        expect(await store.recordAttempt(lease, batch)).toBe(false);
        const other = present(await store.claim('two', minute));
        expect(other.fence).toBeGreaterThan(lease.fence);
        await store.release(lease);
        expect(await store.renew(other, minute)).toBe(true);
      });

      test('is not granted for a run that has ended', async () => {
        const lease = await held(1);
        const batch = await next(lease);
        await store.settle(lease, batch, accepted(batch));
        expect(await store.finish(lease, 'done', null)).toBe('SUCCEEDED');
        expect(await store.claim('two', minute)).toBeNull();
        expect(await store.renew(lease, minute)).toBe(false);
        expect(await store.finish(lease, 'done', null)).toBeNull();
      });
    });

    describe('batches', () => {
      test('come in order, complete, with the run’s build, and none twice while it is in flight', async () => {
        const rows = plannedRows(7);
        const runId = await harness.record(5, rows);
        const lease = present(await store.claim('one', minute));
        const taken: Batch[] = [];
        for (;;) {
          const batch = await store.nextBatch(
            lease,
            taken.map((each) => each.number),
          );
          if (!batch) break;
          taken.push(batch);
        }
        expect(taken.map((batch) => batch.rows.length)).toEqual([3, 3, 1]);
        const numbers = taken.map((batch) => batch.number);
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        for (const batch of taken) {
          expect(batch).toMatchObject({ runId, attempts: 0 });
          expect(batch.build).toEqual({ id: 'build-5', version: 5, asOf: '2026-02-03T04:05:06.000007Z' });
        }
        expect(taken.flatMap((batch) => batch.rows)).toEqual(
          rows.map(({ iterationId, strategyId, newText }) => ({
            iterationId,
            strategyId,
            version: 5,
            valuesText: newText,
          })),
        );
        expect(await next(lease)).toEqual(taken[0]);
      });

      test('have ids that exceed a JavaScript number', async () => {
        const ids = ['9', '10', '9007199254740993', '9223372036854775807'];
        await harness.record(
          1,
          ids.map((id) => plannedRow(id, someValues(1))),
        );
        const lease = present(await store.claim('one', minute));
        const first = await next(lease);
        const second = await next(lease, [first.number]);
        expect([...first.rows, ...second.rows].map((row) => row.iterationId)).toEqual(ids);
        expect(await store.settle(lease, first, accepted(first))).toBe(true);
        expect(await store.settle(lease, second, accepted(second))).toBe(true);
        expect((await harness.receipts()).map((receipt) => receipt.iterationId)).toEqual(ids);
      });

      test('count their attempts', async () => {
        const lease = await held(1);
        const batch = await next(lease);
        expect(await store.recordAttempt(lease, batch)).toBe(true);
        expect(await next(lease)).toEqual({ ...batch, attempts: 1 });
        expect(await store.recordAttempt(lease, { ...batch, attempts: 1 })).toBe(true);
        expect(await next(lease)).toEqual({ ...batch, attempts: 2 });
      });

      test('that were postponed are handed over with the time that is left', async () => {
        const lease = await held(6);
        const first = await next(lease);
        expect(await store.postpone(lease, first, 60 * minute, 'busy')).toBe(true);
        const second = await next(lease, [first.number]);
        expect(second.number).not.toBe(first.number);
        expect(await store.nextBatch(lease, [first.number, second.number])).toBeNull();
        expect(await store.progress(lease)).toMatchObject({ openBatches: 2 });
        const { postponed } = await store.handover(lease);
        expect(postponed).toEqual([{ number: first.number, milliseconds: expect.any(Number) }]);
        expect(postponed[0]?.milliseconds).toBeGreaterThan(59 * minute);
        expect(postponed[0]?.milliseconds).toBeLessThanOrEqual(60 * minute);
        expect(await store.postpone(lease, first, 0, 'no longer')).toBe(true);
        expect(await store.handover(lease)).toMatchObject({ postponed: [] });
        expect(await next(lease)).toEqual(first);
      });

      test('that are split become two halves, after all other batches, down to single rows', async () => {
        const lease = await held(4);
        const whole = await next(lease);
        await store.recordAttempt(lease, whole);
        expect(await store.split(lease, { ...whole, attempts: 1 })).toBe(true);
        const other = await next(lease);
        expect(ids(other)).toEqual(['4']);
        const left = await next(lease, [other.number]);
        const right = await next(lease, [other.number, left.number]);
        expect([left, right].flatMap(ids)).toEqual(['1', '2', '3']);
        expect(Math.abs(left.rows.length - right.rows.length)).toBe(1);
        expect([left.attempts, right.attempts]).toEqual([0, 0]);
        expect(await store.progress(lease)).toMatchObject({ openBatches: 3 });
        const numbers = [whole, other, left, right].map((batch) => batch.number);
        expect(new Set(numbers).size).toBe(4);
        expect(Math.min(left.number, right.number)).toBeGreaterThan(Math.max(whole.number, other.number));

        const two = left.rows.length === 2 ? left : right;
        expect(await store.split(lease, two)).toBe(true);
        expect(await store.progress(lease)).toMatchObject({ openBatches: 4 });
        const all: Batch[] = [];
        for (let index = 0; index < 4; index++) {
          all.push(
            await next(
              lease,
              all.map((each) => each.number),
            ),
          );
        }
        expect(all.map((batch) => batch.rows.length)).toEqual([1, 1, 1, 1]);
        expect(all.flatMap(ids).sort()).toEqual(['1', '2', '3', '4']);
      });

      test('that are done do not change', async () => {
        const lease = await held(4);
        const batch = await next(lease);
        await store.split(lease, batch);
        const before = await store.progress(lease);
        expect(await store.split(lease, batch)).toBe(true);
        expect(await store.postpone(lease, batch, 60 * minute, 'late')).toBe(true);
        expect(await store.recordAttempt(lease, batch)).toBe(true);
        expect(await store.settle(lease, batch, [])).toBe(true);
        expect(await store.progress(lease)).toEqual(before);
        expect(await store.handover(lease)).toMatchObject({ postponed: [] });
      });
    });

    describe('a wait', () => {
      const recorded = async (lease: Lease) => (await store.handover(lease)).wait;

      test('is recorded until it is over, the last one applies, and it delays no batch', async () => {
        const lease = await held(1);
        expect(await recorded(lease)).toBeNull();
        expect(await harness.showsNextAttempt(lease.runId)).toBe(false);
        expect(await store.recordWait(lease, pause(60), 'CLOSED')).toBe(true);
        const wait = present(await recorded(lease));
        expect(wait.cause).toBe('RETRY_AFTER');
        expect(wait.milliseconds).toBeGreaterThan(59 * minute);
        expect(wait.milliseconds).toBeLessThanOrEqual(60 * minute);
        expect(await harness.showsNextAttempt(lease.runId)).toBe(true);
        await next(lease);
        expect(await store.recordWait(lease, { ...pause(20), cause: 'BACKOFF' }, 'CLOSED')).toBe(true);
        expect(await recorded(lease)).toMatchObject({ cause: 'BACKOFF' });
        expect((await recorded(lease))?.milliseconds).toBeLessThanOrEqual(20 * minute);
        expect(await store.recordWait(lease, null, 'CLOSED')).toBe(true);
        expect(await recorded(lease)).toBeNull();
        expect(await harness.showsNextAttempt(lease.runId)).toBe(false);
      });

      test('ends with the next attempt, which probes if the circuit breaker was open', async () => {
        const lease = await held(1);
        await store.recordWait(lease, pause(60), 'OPEN');
        expect(await store.handover(lease)).toMatchObject({ breaker: 'OPEN' });
        expect(await store.recordAttempt(lease, await next(lease))).toBe(true);
        expect(await store.handover(lease)).toMatchObject({ wait: null, breaker: 'HALF_OPEN' });
        expect(await harness.showsNextAttempt(lease.runId)).toBe(false);
        await store.recordWait(lease, null, 'CLOSED');
        await store.recordAttempt(lease, await next(lease));
        expect(await store.handover(lease)).toMatchObject({ breaker: 'CLOSED' });
      });

      test('ends with the run', async () => {
        const lease = await held(1);
        await store.recordWait(lease, pause(60), 'OPEN');
        expect(await store.finish(lease, 'gave up', 'no time left')).toBe('FAILED');
        expect(await harness.showsNextAttempt(lease.runId)).toBe(false);
        expect(await store.recordWait(lease, pause(60), 'OPEN')).toBe(false);
        expect(await harness.showsNextAttempt(lease.runId)).toBe(false);
      });

      test('stays when the run goes to another worker', async () => {
        const lease = await held(1);
        await store.recordWait(lease, pause(60), 'OPEN');
        await store.release(lease);
        expect(await harness.showsNextAttempt(lease.runId)).toBe(true);
        const other = present(await store.claim('two', minute));
        expect((await recorded(other))?.milliseconds).toBeGreaterThan(59 * minute);
      });

      test('ends when the run is resumed, as do the waits of its batches', async () => {
        const lease = await held(4);
        await store.postpone(lease, await next(lease), 60 * minute, 'busy');
        await store.recordWait(lease, pause(60), 'OPEN');
        expect(await store.progress(lease)).toMatchObject({ isResumeRequested: false });
        for (let time = 0; time < 2; time++) expect(await harness.resume(lease.runId)).toBe(true);
        // For the worker to do, whichever it is.
        expect(await store.progress(lease)).toMatchObject({ isResumeRequested: true });
        expect(await store.recordResumed(lease)).toBe(true);
        expect(await store.progress(lease)).toMatchObject({ isResumeRequested: false });
        expect(await store.handover(lease)).toMatchObject({ wait: null, postponed: [] });
        await store.finish(lease, 'gave up', null);
        expect(await harness.resume(lease.runId)).toBe(false);
        expect(await harness.resume('no-such-run')).toBe(false);
      });
    });

    describe('settling', () => {
      test('ends rows with AdSuite’s results, and makes receipts of the accepted ones', async () => {
        const lease = await held(4);
        const batch = await next(lease);
        await store.recordAttempt(lease, batch);
        const results: RowResult[] = [
          { iterationId: '1', state: 'ACCEPTED', code: null, message: null },
          {
            iterationId: '2',
            state: 'REJECTED',
            code: 'UNKNOWN_ITERATION',
            message: 'there is no iteration "2", \\ ü',
          },
          { iterationId: '3', state: 'STALE', code: null, message: null },
        ];
        expect(await store.settle(lease, batch, results)).toBe(true);
        expect(await harness.rows(lease.runId)).toEqual([
          ...results,
          { iterationId: '4', state: 'PENDING', code: null, message: null },
        ]);
        expect(await harness.receipts()).toEqual([
          { iterationId: '1', version: 1, values: someValues(1), runId: lease.runId },
        ]);
        expect(await store.progress(lease)).toMatchObject({ openBatches: 1 });
        expect(ids(await next(lease))).toEqual(['4']);
      });

      test('moves rows without a result to a new batch, with the attempts', async () => {
        const lease = await held(4);
        const batch = await next(lease);
        await store.recordAttempt(lease, batch);
        await store.recordAttempt(lease, batch);
        const [, second] = accepted(batch);
        expect(await store.settle(lease, batch, [present(second)])).toBe(true);
        expect(await states(lease)).toEqual(['PENDING', 'ACCEPTED', 'PENDING', 'PENDING']);
        const other = await next(lease);
        const rest = await next(lease, [other.number]);
        expect(ids(rest)).toEqual(['1', '3']);
        expect(rest.attempts).toBe(2);
        expect(rest.number).toBeGreaterThan(other.number);
        // The new batch is partly settled too, and then split.
        expect(await store.split(lease, rest)).toBe(true);
        const halves = [await next(lease, [other.number])];
        halves.push(await next(lease, [other.number, ...halves.map((each) => each.number)]));
        expect(halves.flatMap(ids).sort()).toEqual(['1', '3']);
      });

      test('ignores rows of another batch, rows that have ended, and duplicates', async () => {
        const lease = await held(4);
        const batch = await next(lease);
        const foreign: RowResult[] = ['4', '999'].map((iterationId) => ({
          iterationId,
          state: 'ACCEPTED',
          code: null,
          message: null,
        }));
        const twice: RowResult = { iterationId: '1', state: 'REJECTED', code: 'X', message: null };
        expect(await store.settle(lease, batch, [...accepted(batch), ...foreign, twice])).toBe(true);
        expect(await states(lease)).toEqual(['ACCEPTED', 'ACCEPTED', 'ACCEPTED', 'PENDING']);
        expect((await harness.receipts()).map((receipt) => receipt.iterationId)).toEqual(['1', '2', '3']);
        // Repeated, as after the ledger's answer was lost.
        expect(await store.settle(lease, batch, [twice])).toBe(true);
        expect(await states(lease)).toEqual(['ACCEPTED', 'ACCEPTED', 'ACCEPTED', 'PENDING']);
        expect(await store.progress(lease)).toMatchObject({ openBatches: 1 });
        const last = await next(lease);
        await store.settle(lease, last, accepted(last));
        expect(await store.finish(lease, 'done', null)).toBe('SUCCEEDED');
      });

      test('several batches at the same time loses nothing', async () => {
        const lease = await held(30);
        const batches: Batch[] = [];
        for (let index = 0; index < 10; index++) {
          batches.push(
            await next(
              lease,
              batches.map((each) => each.number),
            ),
          );
        }
        const done = await Promise.all(
          batches.map(async (batch) => {
            if (!(await store.recordAttempt(lease, batch))) return false;
            return store.settle(lease, batch, accepted(batch));
          }),
        );
        expect(done).toEqual(batches.map(() => true));
        expect(await harness.receipts()).toHaveLength(30);
        expect(await store.progress(lease)).toMatchObject({ openBatches: 0 });
        expect(await store.finish(lease, 'done', null)).toBe('SUCCEEDED');
      });

      test('never replaces a receipt by an older version', async () => {
        const newer = await held(1, 7);
        await settleAll(store, newer);
        await store.finish(newer, 'done', null);
        const olderRun = await harness.record(6, [plannedRow('1', someValues(66))]);
        const older = present(await store.claim('one', minute));
        await settleAll(store, older);
        expect(await harness.receipts()).toEqual([
          { iterationId: '1', version: 7, values: someValues(1), runId: newer.runId },
        ]);
        expect(await store.finish(older, 'done', null)).toBe('SUCCEEDED');
        const newestRun = await harness.record(8, [plannedRow('1', someValues(88))]);
        await settleAll(store, present(await store.claim('one', minute)));
        expect(await harness.receipts()).toEqual([
          { iterationId: '1', version: 8, values: someValues(88), runId: newestRun },
        ]);
        expect(olderRun).not.toBe(newestRun);
      });
    });

    describe('the end of a run', () => {
      const result = (iterationId: string, state: RowResult['state']): RowResult => ({
        iterationId,
        state,
        code: state === 'REJECTED' ? 'NO' : null,
        message: null,
      });

      test.each([
        [['ACCEPTED', 'STALE', 'ACCEPTED'], 'SUCCEEDED'],
        [['STALE', 'STALE', 'STALE'], 'FAILED'],
        [['ACCEPTED', 'REJECTED', 'STALE'], 'PARTIAL'],
        [['ACCEPTED', 'UNKNOWN', 'UNKNOWN'], 'PARTIAL'],
        [['ACCEPTED'], 'PARTIAL'],
        [['REJECTED', 'UNKNOWN', 'STALE'], 'FAILED'],
        [[], 'FAILED'],
      ] as const)('has the state that follows from the rows: %j is %s', async (results, state) => {
        const lease = await held(3);
        const batch = await next(lease);
        await store.settle(
          lease,
          batch,
          results.map((each, index) => result(String(index + 1), each)),
        );
        expect(await store.finish(lease, 'gave up', 'AdSuite does not answer')).toBe(state);
        expect(await harness.reason(lease.runId)).toBe(results.length === 3 ? null : 'AdSuite does not answer');
        const pending = new Array(3 - results.length).fill('PENDING');
        expect(await states(lease)).toEqual([...results, ...pending]);
        expect(await store.claim('two', minute)).toBeNull();
        // Another run can be recorded.
        await harness.record(2, plannedRows(1));
      });

      test('of a retry is not a failure if AdSuite has newer values of all its rows', async () => {
        const first = await held(3);
        await store.finish(first, 'gave up', null);
        await harness.record(1, plannedRows(3), first.runId);
        const retry = present(await store.claim('one', minute));
        const batch = await next(retry);
        await store.settle(
          retry,
          batch,
          ids(batch).map((id) => result(id, 'STALE')),
        );
        expect(await store.finish(retry, 'done', null)).toBe('SUCCEEDED');
      });

      test('is CANCELLED if it was cancelled', async () => {
        const lease = await held(4);
        expect(await store.progress(lease)).toMatchObject({ isCancelled: false });
        expect(await harness.cancel(lease.runId)).toBe(true);
        expect(await store.progress(lease)).toMatchObject({ isCancelled: true });
        const batch = await next(lease);
        expect(await store.settle(lease, batch, accepted(batch))).toBe(true);
        expect(await store.finish(lease, 'cancelled', null)).toBe('CANCELLED');
        expect(await states(lease)).toEqual(['ACCEPTED', 'ACCEPTED', 'ACCEPTED', 'PENDING']);
        expect(await harness.cancel(lease.runId)).toBe(false);
        expect(await harness.cancel('no-such-run')).toBe(false);
      });

      test('counts its age from its start', async () => {
        const lease = await held(1);
        const { ageMilliseconds } = await store.handover(lease);
        expect(ageMilliseconds).toBeGreaterThanOrEqual(0);
        expect(ageMilliseconds).toBeLessThan(10 * minute);
      });
    });
  });
}

/** Sends all open batches of a run once; all rows are accepted. */
async function settleAll(store: DeliveryStore, lease: Lease): Promise<void> {
  for (let batch = await store.nextBatch(lease, []); batch; batch = await store.nextBatch(lease, [])) {
    await store.recordAttempt(lease, batch);
    await store.settle(lease, batch, accepted(batch));
  }
}

function accepted(batch: Batch): RowResult[] {
  return ids(batch).map((iterationId) => ({ iterationId, state: 'ACCEPTED', code: null, message: null }));
}

function ids(batch: Batch): string[] {
  return batch.rows.map((row) => row.iterationId);
}

function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error('the value is missing');
  return value;
}
