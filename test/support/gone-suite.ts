import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryStore, Lease } from '../../src/push/ports.ts';
import { type PlannedRow, type RowResult, type RunState, unknownIterationCode } from '../../src/push/types.ts';
import { noValues } from '../../src/push/values.ts';
import type { DeliveryHarness } from './delivery-store.ts';
import { plannedRow, plannedRows } from './ledgers.ts';

const minute = 60_000;

/** A result by iteration id. Rows without one are accepted. */
type Results = Readonly<Record<string, Pick<RowResult, 'state' | 'code'>>>;

const unknown = { state: 'REJECTED', code: unknownIterationCode } as const;
const otherwise = { state: 'REJECTED', code: 'CLOSED' } as const;
/** Of a row of zeros. */
const gone = { state: 'GONE', code: unknownIterationCode } as const;
const unanswered = { state: 'UNKNOWN', code: null } as const;
const stale = { state: 'STALE', code: null } as const;

/** Rows of iterations that are no longer in the build. */
const zeros = (...ids: string[]): PlannedRow[] => ids.map((id) => plannedRow(id, noValues));

/** The tests of every DeliveryStore about iterations that AdSuite does not know. `open` makes an empty one before each test. */
export function describeGoneRows(name: string, open: () => Promise<DeliveryHarness>): void {
  describe(`iterations that AdSuite does not know, in a delivery store: ${name}`, () => {
    let harness: DeliveryHarness;
    let store: DeliveryStore;
    beforeEach(async () => {
      harness = await open();
      store = harness.store;
    });
    afterEach(() => harness.close());

    /** Records and delivers a run. Returns its end and the states of its rows. */
    async function push(
      version: number,
      rows: readonly PlannedRow[],
      results: Results = {},
      retryOf?: string,
    ): Promise<{ readonly id: string; readonly state: RunState | null; readonly rows: readonly string[] }> {
      const id = await harness.record(version, rows, retryOf);
      const lease = await claim();
      for (let batch = await store.nextBatch(lease, []); batch; batch = await store.nextBatch(lease, [])) {
        await store.recordAttempt(lease, batch);
        await store.settle(
          lease,
          batch,
          batch.rows.map(({ iterationId }) => ({
            ...{ iterationId, message: null },
            ...(results[iterationId] ?? { state: 'ACCEPTED', code: null }),
          })),
        );
      }
      const state = await store.finish(lease, 'done', null);
      return { id, state, rows: (await harness.rows(id)).map((row) => row.state) };
    }

    async function claim(): Promise<Lease> {
      const lease = await store.claim('one', minute);
      if (!lease) throw new Error('no run is running');
      return lease;
    }

    const receiptIds = async () => (await harness.receipts()).map(({ iterationId }) => iterationId);

    test('a row of zeros is GONE, with code and message, its receipt is deleted, and the others stay', async () => {
      await push(1, plannedRows(5));
      const id = await harness.record(2, zeros('2', '4'));
      const lease = await claim();
      const batch = await store.nextBatch(lease, []);
      if (!batch) throw new Error('no batch');
      const results = ['2', '4'].map((iterationId) => ({ iterationId, ...gone, message: 'There is none.' }));
      await store.settle(lease, batch, results);
      expect(await harness.rows(id)).toEqual(results);
      expect(await store.progress(lease)).toMatchObject({ openBatches: 0 });
      expect(await store.finish(lease, 'done', null)).toBe('SUCCEEDED');
      expect(await receiptIds()).toEqual(['1', '3', '5']);
    });

    test('a GONE result of an iteration that was not sent, or whose row has ended, deletes no receipt', async () => {
      await push(1, plannedRows(3));
      await harness.record(2, zeros('1', '2'));
      const lease = await claim();
      const batch = await store.nextBatch(lease, []);
      if (!batch) throw new Error('no batch');
      const of = (iterationId: string, result: Results[string]) =>
        ({ iterationId, message: null, ...result }) as RowResult;
      await store.settle(lease, batch, [of('1', otherwise), of('1', gone), of('2', otherwise), of('3', gone)]);
      // Repeated, as after the ledger's answer was lost.
      await store.settle(lease, batch, [of('1', gone), of('2', gone)]);
      expect(await receiptIds()).toEqual(['1', '2', '3']);
      expect(await store.finish(lease, 'done', null)).toBe('FAILED');
    });

    test('a receipt of the same or a newer version stays', async () => {
      await push(7, plannedRows(2));
      expect(await push(6, zeros('1'), { 1: gone })).toMatchObject({ state: 'SUCCEEDED', rows: ['GONE'] });
      expect(await push(7, zeros('2'), { 2: gone })).toMatchObject({ state: 'SUCCEEDED', rows: ['GONE'] });
      expect(await receiptIds()).toEqual(['1', '2']);
      await push(8, zeros('1', '2'), { 1: gone, 2: gone });
      expect(await receiptIds()).toEqual([]);
    });

    test('an iteration that returns gets a receipt again', async () => {
      await push(1, plannedRows(1));
      await push(2, zeros('1'), { 1: gone });
      const { id } = await push(3, plannedRows(1));
      expect(await harness.receipts()).toMatchObject([{ iterationId: '1', version: 3, runId: id }]);
    });

    test('a row with values is REJECTED once and then GONE, and its receipt stays', async () => {
      await push(1, plannedRows(2));
      expect(await push(2, plannedRows(2), { 2: unknown })).toMatchObject({
        ...{ state: 'PARTIAL', rows: ['ACCEPTED', 'REJECTED'] },
      });
      for (const version of [3, 4]) {
        expect(await push(version, plannedRows(2), { 2: unknown })).toMatchObject({
          ...{ state: 'SUCCEEDED', rows: ['ACCEPTED', 'GONE'] },
        });
      }
      expect((await harness.receipts()).map(({ version }) => version)).toEqual([4, 1]);
      expect(await push(5, plannedRows(2))).toMatchObject({ state: 'SUCCEEDED', rows: ['ACCEPTED', 'ACCEPTED'] });
      // It was accepted meanwhile, so this is news.
      expect(await push(6, plannedRows(2), { 2: unknown })).toMatchObject({ state: 'PARTIAL' });
    });

    test('a row with values is news after a row of zeros that was GONE, and after one that was accepted', async () => {
      const missing = [plannedRow('1')];
      const answers: readonly Results[] = [{ 1: gone }, {}];
      for (const result of answers) {
        await push(1, missing);
        expect(await push(2, zeros('1'), result)).toMatchObject({ state: 'SUCCEEDED' });
        expect(await push(3, missing, { 1: unknown })).toMatchObject({ state: 'FAILED', rows: ['REJECTED'] });
        expect(await push(4, missing, { 1: unknown })).toMatchObject({ state: 'SUCCEEDED', rows: ['GONE'] });
        // It leaves the build and returns again, while AdSuite does not know it.
        await push(5, zeros('1'), result);
        expect(await push(6, missing, { 1: unknown })).toMatchObject({ state: 'FAILED', rows: ['REJECTED'] });
      }
    });

    test('the last answer is about the row that it answered, not about a later one without an answer', async () => {
      const missing = [plannedRow('1')];
      await push(1, zeros('1'), { 1: gone });
      await push(2, missing, { 1: unanswered });
      expect(await push(3, missing, { 1: unknown })).toMatchObject({ rows: ['REJECTED'] });
      await push(4, zeros('1'), { 1: unanswered });
      expect(await push(5, missing, { 1: unknown })).toMatchObject({ rows: ['GONE'] });
    });

    test.each([
      ['clicks', { clicks: 1 }],
      ['conversions', { conversions: 1 }],
    ])('a row with %s alone has values', async (_, values) => {
      const missing = [plannedRow('1', { ...noValues, ...values })];
      await push(1, missing, { 1: unknown });
      expect(await push(2, missing, { 1: unknown })).toMatchObject({ state: 'SUCCEEDED', rows: ['GONE'] });
    });

    test.each([
      ['of another code', otherwise],
      ['that is STALE', stale],
      ['that is ACCEPTED', { state: 'ACCEPTED', code: null } as const],
    ])('only the last answer counts: one %s makes the next rejection news', async (_, result) => {
      await push(1, plannedRows(1), { 1: unknown });
      await push(2, plannedRows(1), { 1: result });
      expect(await push(3, plannedRows(1), { 1: unknown })).toMatchObject({ state: 'FAILED', rows: ['REJECTED'] });
      expect(await push(4, plannedRows(1), { 1: unknown })).toMatchObject({ state: 'SUCCEEDED', rows: ['GONE'] });
      expect(await push(5, plannedRows(1), { 1: otherwise })).toMatchObject({ state: 'FAILED', rows: ['REJECTED'] });
    });

    test('a row that was not answered is no result: the next rejection is no news', async () => {
      await push(1, plannedRows(2), { 1: unknown, 2: otherwise });
      await push(2, plannedRows(2), { 1: unanswered, 2: unanswered });
      const results = { 1: unknown, 2: unknown };
      expect(await push(3, plannedRows(2), results)).toMatchObject({ state: 'FAILED', rows: ['GONE', 'REJECTED'] });
      await push(4, plannedRows(2), { 1: unanswered, 2: unanswered });
      expect(await push(5, plannedRows(2), results)).toMatchObject({ state: 'SUCCEEDED', rows: ['GONE', 'GONE'] });
    });

    test('a run without a result for the iteration, or with other iterations, changes nothing', async () => {
      await push(1, plannedRows(2), { 1: unknown, 2: otherwise });
      await harness.record(2, plannedRows(1));
      await store.finish(await claim(), 'gave up', 'AdSuite is down');
      await push(3, [plannedRow('3')]);
      const results = { 1: unknown, 2: unknown };
      expect(await push(4, plannedRows(2), results)).toMatchObject({ state: 'FAILED', rows: ['GONE', 'REJECTED'] });
    });

    test('a retry of the rejected row makes it GONE', async () => {
      const first = await push(1, plannedRows(2), { 2: unknown });
      const retry = await push(1, [plannedRow('2')], { 2: unknown }, first.id);
      expect(retry).toMatchObject({ state: 'SUCCEEDED', rows: ['GONE'] });
    });

    test.each([
      [{ 1: gone, 2: gone, 3: gone }, 'SUCCEEDED'],
      [{ 1: gone }, 'SUCCEEDED'],
      [{ 1: gone, 2: stale }, 'SUCCEEDED'],
      [{ 1: gone, 2: stale, 3: stale }, 'FAILED'],
      [{ 1: gone, 2: otherwise }, 'PARTIAL'],
      [{ 1: gone, 2: otherwise, 3: otherwise }, 'FAILED'],
      [{ 1: gone, 2: unanswered }, 'PARTIAL'],
    ] satisfies [Results, RunState][])('the end of a run of three rows: %j is %s', async (results, state) => {
      expect(await push(1, zeros('1', '2', '3'), results)).toMatchObject({ state });
    });

    test('in a retry all rows may be GONE or STALE', async () => {
      const first = await push(1, zeros('1', '2'), { 1: otherwise, 2: otherwise });
      const retry = await push(1, zeros('1', '2'), { 1: gone, 2: stale }, first.id);
      expect(retry).toMatchObject({ state: 'SUCCEEDED', rows: ['GONE', 'STALE'] });
    });
  });
}
