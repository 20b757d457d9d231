import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PushLedger, ReceiptRange } from '../../src/push/ledger.ts';
import type { DeliveryStore, Lease } from '../../src/push/ports.ts';
import type { Batch, PlannedRow, RowResult, RowState } from '../../src/push/types.ts';
import type { DeliveryHarness } from './delivery-store.ts';
import {
  batchRows,
  buildOf,
  endOf,
  newRun,
  noConversions,
  plannedRow,
  plannedRows,
  type RowStanding,
  recordingOf,
  type SomeRun,
  someText,
  someValues,
} from './ledgers.ts';

/** An empty ledger under test, and what its tests need besides. */
export interface PushLedgerHarness {
  readonly pushes: PushLedger;
  readonly delivery: DeliveryStore;
  /** The state of each row of a run, in the order of iterations' ids; empty if there is no such run. */
  rows(runId: string): Promise<readonly RowStanding[]>;
  close(): Promise<void>;
}

const everything: ReceiptRange = {
  after: null,
  through: null,
  selection: { iterationIds: null, strategyIds: null },
  limit: 100,
};

/** The tests of every PushLedger. `open` makes an empty one before each test. */
export function describePushLedger(name: string, open: () => Promise<PushLedgerHarness>): void {
  describe(`a push ledger: ${name}`, () => {
    let harness: PushLedgerHarness;
    let pushes: PushLedger;
    beforeEach(async () => {
      harness = await open();
      pushes = harness.pushes;
    });
    afterEach(() => harness.close());

    async function record(run: SomeRun, rows: readonly PlannedRow[]): Promise<void> {
      const recording = await recordingOf(pushes, run);
      await recording.add(rows);
      await recording.commit(endOf('RUNNING', rows.length));
    }

    /** Delivers the running run. `states` has AdSuite's results by iteration id; rows without one are accepted. */
    async function deliver(states: Readonly<Record<string, RowResult['state']>> = {}): Promise<void> {
      const lease = await harness.delivery.claim('one', 60_000);
      if (!lease) throw new Error('no run is in progress');
      for (;;) {
        const batch = await harness.delivery.nextBatch(lease, []);
        if (!batch) break;
        const results = batch.rows.map(({ iterationId }) => {
          const state = states[iterationId] ?? 'ACCEPTED';
          return { iterationId, state, code: state === 'REJECTED' ? 'NO' : null, message: null };
        });
        await harness.delivery.recordAttempt(lease, batch);
        await harness.delivery.settle(lease, batch, results);
      }
      await harness.delivery.finish(lease, 'done', null);
    }

    const receiptIds = async (range: Partial<ReceiptRange> = {}) =>
      (await pushes.receipts({ ...everything, ...range })).map((receipt) => receipt.iterationId);

    describe('a recording', () => {
      test('is delivered after its commit, not before', async () => {
        const recording = await recordingOf(pushes, { id: 'a' });
        await recording.add(plannedRows(2));
        await recording.add([plannedRow('3'), plannedRow('10')]);
        await recording.commit(endOf('RUNNING', 4));
        expect((await harness.rows('a')).map((row) => row.iterationId)).toEqual(['1', '2', '3', '10']);
        expect(await harness.delivery.claim('one', 60_000)).toMatchObject({ runId: 'a' });
      });

      test('that is rolled back leaves nothing', async () => {
        const recording = await recordingOf(pushes, { id: 'a', idempotencyKey: 'key' });
        await recording.add(plannedRows(5));
        await recording.rollback();
        await recording.rollback();
        expect(await harness.rows('a')).toEqual([]);
        expect(await harness.delivery.claim('one', 60_000)).toBeNull();
        await record({ id: 'a', idempotencyKey: 'key' }, plannedRows(1));
      });

      test('accepts rows only in the order of their ids', async () => {
        const recording = await recordingOf(pushes, { id: 'a' });
        await recording.add([plannedRow('9'), plannedRow('10')]);
        await expect(recording.add([plannedRow('10')])).rejects.toThrow('10');
        await recording.rollback();
        expect(await harness.rows('a')).toEqual([]);
      });

      test('that is refused keeps the given rows, sends none, and does not block the next one', async () => {
        const recording = await recordingOf(pushes, { id: 'a' });
        await recording.add(plannedRows(9));
        const kept = ['2', '3', '5', '7', '9'];
        await recording.commit(
          endOf(
            'REFUSED',
            9,
            kept.map((id) => plannedRow(id)),
          ),
        );
        expect((await harness.rows('a')).map(({ iterationId, state }) => [iterationId, state])).toEqual(
          kept.map((id) => [id, 'PENDING']),
        );
        expect(await pushes.find('a')).toMatchObject({ counts: { planned: 5, pending: 5 }, totals: { changed: 9 } });
        expect(await harness.delivery.claim('one', 60_000)).toBeNull();
        await record({ id: 'b' }, plannedRows(1));
      });

      test('of a dry run keeps its rows, sends none, and blocks no other run', async () => {
        await record({ id: 'a' }, plannedRows(1));
        const dry = await recordingOf(pushes, { id: 'b', dryRun: true });
        await dry.add(plannedRows(5));
        await dry.commit(endOf('SUCCEEDED', 5));
        expect((await harness.rows('b')).map((row) => row.state)).toEqual(new Array(5).fill('PENDING'));
        expect(await harness.delivery.claim('one', 0)).toMatchObject({ runId: 'a' });
        await deliver();
        expect(await harness.delivery.claim('one', 0)).toBeNull();
        await record({ id: 'c' }, plannedRows(1));
      });

      test('with nothing to send has ended', async () => {
        const recording = await recordingOf(pushes, { id: 'a' });
        await recording.commit(endOf('SUCCEEDED', 0));
        expect(await harness.delivery.claim('one', 60_000)).toBeNull();
        expect(await pushes.cancel('a', 'a test')).toBe(false);
      });

      test('happens one at a time: the others find the run in progress', async () => {
        const begun = await Promise.all(
          ['a', 'b', 'c', 'd'].map(async (id) => {
            const each = await pushes.begin(newRun({ id }));
            if (each.kind !== 'recording') return each;
            await each.recording.add(plannedRows(2));
            await each.recording.commit(endOf('RUNNING', 2));
            return { kind: 'recorded', runId: id };
          }),
        );
        const recorded = begun.filter((each) => each.kind === 'recorded');
        expect(recorded).toHaveLength(1);
        expect(begun.filter((each) => each.kind === 'busy')).toEqual(
          new Array(3).fill({ kind: 'busy', runId: recorded[0]?.runId }),
        );
      });
    });

    describe('an idempotency key', () => {
      test('that was used returns its run and input, whatever is running, and however the run ended', async () => {
        await record({ id: 'a', idempotencyKey: 'key', inputHash: 'this' }, plannedRows(1));
        const known = { kind: 'known', runId: 'a', inputHash: 'this', requestedBy: 'test' };
        const again = newRun({ id: 'b', idempotencyKey: 'key', inputHash: 'that' });
        expect(await pushes.begin(again)).toEqual(known);
        expect(await pushes.begin({ ...again, dryRun: true })).toEqual(known);
        expect(await pushes.begin(newRun({ id: 'b', idempotencyKey: 'other' }))).toEqual({ kind: 'busy', runId: 'a' });
        await deliver({ 1: 'REJECTED' });
        expect(await pushes.begin(again)).toEqual(known);
      });

      test.each([false, true])(
        'that is used by many callers at the same time is one run (dry run: %s)',
        async (dryRun) => {
          const begun = await Promise.all(
            ['a', 'b', 'c', 'd'].map(async (id) => {
              const each = await pushes.begin(newRun({ id, idempotencyKey: 'key', dryRun }));
              if (each.kind !== 'recording') return each;
              await each.recording.add(plannedRows(2));
              await each.recording.commit(endOf(dryRun ? 'SUCCEEDED' : 'RUNNING', 2));
              return { kind: 'recorded', runId: id };
            }),
          );
          const recorded = begun.filter((each) => each.kind === 'recorded');
          expect(recorded).toHaveLength(1);
          expect(begun.filter((each) => each.kind === 'known')).toEqual(
            new Array(3).fill({ kind: 'known', runId: recorded[0]?.runId, inputHash: 'hash', requestedBy: 'test' }),
          );
        },
      );

      test('of a run that was not recorded can be used again', async () => {
        const first = await recordingOf(pushes, { id: 'a', idempotencyKey: 'key' });
        const second = pushes.begin(newRun({ id: 'b', idempotencyKey: 'key' }));
        await first.rollback();
        const begun = await second;
        expect(begun.kind).toBe('recording');
        if (begun.kind === 'recording') await begun.recording.rollback();
      });
    });

    describe('receipts', () => {
      test('are read as they were accepted, also within a recording', async () => {
        await record({ id: 'a', version: 3 }, [plannedRow('1', noConversions), plannedRow('2'), plannedRow('10')]);
        await deliver({ 2: 'REJECTED' });
        const [first, second] = await pushes.receipts(everything);
        expect(first).toEqual({
          iterationId: '1',
          strategyId: '1',
          createdAt: '2026-01-08T10:18:24.372261Z',
          version: 3,
          values: noConversions,
          peakConversions: 0,
          runId: 'a',
          acceptedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
        });
        expect(second).toMatchObject({ iterationId: '10', values: someValues(10) });
        const recording = await recordingOf(pushes, { id: 'b' });
        expect(await recording.receipts(everything)).toEqual([first, second]);
        await recording.rollback();
      });

      test('are read in pages, in the numeric order of ids, by selection', async () => {
        await record(
          { id: 'a' },
          ['2', '3', '9', '10', '11', '100'].map((id) => plannedRow(id)),
        );
        await deliver();
        expect(await receiptIds()).toEqual(['2', '3', '9', '10', '11', '100']);
        expect(await receiptIds({ limit: 2 })).toEqual(['2', '3']);
        expect(await receiptIds({ after: '3', limit: 2 })).toEqual(['9', '10']);
        expect(await receiptIds({ after: '9', through: '11' })).toEqual(['10', '11']);
        expect(await receiptIds({ after: '100' })).toEqual([]);
        const selected = (iterationIds: string[] | null, strategyIds: string[] | null) =>
          receiptIds({ selection: { iterationIds, strategyIds } });
        expect(await selected(['100', '2', '7'], null)).toEqual(['2', '100']);
        // A row's strategy is its iteration's id modulo seven.
        expect(await selected(null, ['2'])).toEqual(['2', '9', '100']);
        expect(await selected(['9', '10'], ['2'])).toEqual(['9']);
        expect(await selected([], null)).toEqual([]);
        expect(await selected(null, [])).toEqual([]);
      });
    });

    describe('the end of a run', () => {
      test('is taken once, whatever the end; runs in progress and dry runs are left out', async () => {
        expect(await pushes.takeEnded()).toBeNull();
        await record({ id: 'sent', version: 1 }, plannedRows(2));
        expect(await pushes.takeEnded()).toBeNull();
        await deliver({ 2: 'REJECTED' });
        const refused = await recordingOf(pushes, { id: 'refused', version: 2 });
        await refused.commit(endOf('REFUSED', 0));
        const dry = await recordingOf(pushes, { id: 'dry', version: 2, dryRun: true });
        await dry.commit(endOf('SUCCEEDED', 0));
        const nothing = await recordingOf(pushes, { id: 'nothing', version: 2 });
        await nothing.commit(endOf('SUCCEEDED', 0));
        const taken = await Promise.all(Array.from({ length: 6 }, () => pushes.takeEnded()));
        for (let run = await pushes.takeEnded(); run; run = await pushes.takeEnded()) taken.push(run);
        const found = taken.filter((run) => run !== null);
        expect(found.map(({ id, state }) => [id, state]).sort()).toEqual([
          ['nothing', 'SUCCEEDED'],
          ['refused', 'REFUSED'],
          ['sent', 'PARTIAL'],
        ]);
        expect(found.find(({ id }) => id === 'sent')).toEqual(await pushes.find('sent'));
      });
    });

    describe('the previous push', () => {
      test('is the last one that AdSuite accepted rows of, or that had nothing to send', async () => {
        expect(await pushes.previous()).toBeNull();
        await record({ id: 'a', version: 1 }, plannedRows(2));
        await deliver({ 2: 'REJECTED' });
        const a = { runId: 'a', build: buildOf(1), conversions: 100, attributed: 90 };
        expect(await pushes.previous()).toEqual(a);
        await record({ id: 'rejected', version: 2 }, plannedRows(1));
        await deliver({ 1: 'REJECTED' });
        const dry = await recordingOf(pushes, { id: 'dry', version: 3, dryRun: true });
        await dry.commit(endOf('SUCCEEDED', 0));
        const refused = await recordingOf(pushes, { id: 'refused', version: 4 });
        expect(await refused.previous()).toEqual(a);
        await refused.commit(endOf('REFUSED', 0));
        expect(await pushes.previous()).toEqual(a);
        const nothing = await recordingOf(pushes, { id: 'nothing', version: 5 });
        await nothing.commit(endOf('SUCCEEDED', 0));
        expect(await pushes.previous()).toEqual({ ...a, runId: 'nothing', build: buildOf(5) });
      });

      test('is of the newest build, even after a retry of an older one; of two of one build it is the last', async () => {
        await record({ id: 'old', version: 1 }, plannedRows(2));
        await deliver({ 2: 'REJECTED' });
        const selection = { iterationIds: ['1'], strategyIds: null };
        await record({ id: 'new', version: 2, selection }, plannedRows(1));
        await deliver();
        const retry = await recordingOf(pushes, { id: 'retry', version: 1, retryOf: 'old' });
        expect(await retry.addUnaccepted('old')).toBe(1);
        await retry.commit(endOf('RUNNING', 1));
        await deliver();
        expect(await pushes.previous()).toMatchObject({ runId: 'new', build: buildOf(2) });
        const again = await recordingOf(pushes, { id: 'again', version: 2 });
        await again.commit(endOf('SUCCEEDED', 0));
        expect(await pushes.previous()).toMatchObject({ runId: 'again', build: buildOf(2) });
      });

      test('may be one whose rows are all GONE', async () => {
        await record({ id: 'gone', version: 6 }, plannedRows(2));
        await deliver({ 1: 'GONE', 2: 'GONE' });
        expect(await pushes.previous()).toMatchObject({ runId: 'gone', build: buildOf(6) });
      });
    });

    describe('a retry', () => {
      test('has no rows that are GONE', async () => {
        await record({ id: 'a', version: 4 }, plannedRows(3));
        await deliver({ 1: 'GONE', 3: 'REJECTED' });
        const retry = await recordingOf(pushes, { id: 'b', version: 4, retryOf: 'a' });
        expect(await retry.addUnaccepted('a')).toBe(1);
        await retry.commit(endOf('RUNNING', 1));
        expect((await harness.rows('b')).map((row) => row.iterationId)).toEqual(['3']);
      });

      test('has the rows that AdSuite has not accepted and that are not stale, with their values', async () => {
        await record({ id: 'a', version: 4 }, plannedRows(7));
        const lease = await harness.delivery.claim('one', 60_000);
        if (!lease) throw new Error('no run is in progress');
        const batch = await harness.delivery.nextBatch(lease, []);
        if (!batch) throw new Error('no batch');
        const states = ['ACCEPTED', 'REJECTED', 'STALE'] as const;
        await harness.delivery.settle(
          lease,
          batch,
          batch.rows.map(({ iterationId }, index) => ({
            iterationId,
            state: states[index] ?? 'UNKNOWN',
            code: null,
            message: null,
          })),
        );
        await harness.delivery.finish(lease, 'gave up', 'a reason');
        const retry = await recordingOf(pushes, { id: 'b', version: 4, retryOf: 'a' });
        expect(await retry.addUnaccepted('a')).toBe(5);
        await retry.commit(endOf('RUNNING', 5));
        expect((await harness.rows('b')).map((row) => row.iterationId)).toEqual(['2', '4', '5', '6', '7']);
        const second = await harness.delivery.claim('one', 0);
        if (!second) throw new Error('no run is in progress');
        const sizes: number[] = [];
        for (const excluding: number[] = []; ; ) {
          const each = await harness.delivery.nextBatch(second, excluding);
          if (!each) break;
          excluding.push(each.number);
          sizes.push(each.rows.length);
          for (const row of each.rows) {
            expect(row).toMatchObject({ version: 4, valuesText: someText(Number(row.iterationId)) });
          }
        }
        expect(sizes).toEqual([3, 2]);
        await deliver();
        const third = await recordingOf(pushes, { id: 'c', version: 4, retryOf: 'b' });
        expect(await third.addUnaccepted('b')).toBe(0);
        await third.commit(endOf('SUCCEEDED', 0));
      });

      test('has no rows that AdSuite has accepted from another run, or of a later build', async () => {
        await record({ id: 'a', version: 4 }, plannedRows(4));
        await deliver({ 1: 'REJECTED', 2: 'REJECTED', 3: 'REJECTED', 4: 'REJECTED' });
        // A retry of it, and pushes of an earlier and of a later build.
        const retry = await recordingOf(pushes, { id: 'b', version: 4, retryOf: 'a' });
        expect(await retry.addUnaccepted('a')).toBe(4);
        await retry.commit(endOf('RUNNING', 4));
        await deliver({ 2: 'REJECTED', 3: 'REJECTED', 4: 'REJECTED' });
        await record({ id: 'earlier', version: 3 }, [plannedRow('2')]);
        await deliver();
        await record({ id: 'later', version: 5, selection: { iterationIds: ['3'], strategyIds: null } }, [
          plannedRow('3'),
        ]);
        await deliver();
        const again = await recordingOf(pushes, { id: 'c', version: 4, retryOf: 'a' });
        expect(await again.addUnaccepted('a')).toBe(2);
        await again.commit(endOf('RUNNING', 2));
        expect((await harness.rows('c')).map((row) => row.iterationId)).toEqual(['2', '4']);
      });

      test.each([
        ['all', {}, ['1', '2', '3'], []],
        [
          'some iterations',
          { selection: { iterationIds: ['2', '9'], strategyIds: null } },
          ['1', '2', '3'],
          ['1', '3'],
        ],
        [
          'another strategy',
          { selection: { iterationIds: null, strategyIds: ['9'] } },
          ['1', '2', '3'],
          ['1', '2', '3'],
        ],
        ['all, as a dry run', { dryRun: true }, ['1', '2', '3'], ['1', '2', '3']],
      ])(
        'has no rows that a push of a newer build has planned, even if it had nothing to send: %s',
        async (_, newer, ids, left) => {
          await record(
            { id: 'a', version: 4 },
            ids.map((id) => plannedRow(id)),
          );
          await deliver({ 1: 'REJECTED', 2: 'REJECTED', 3: 'REJECTED' });
          const without = await recordingOf(pushes, { id: 'b', version: 5, ...newer });
          await without.commit(endOf('SUCCEEDED', 0));
          const retry = await recordingOf(pushes, { id: 'c', version: 4, retryOf: 'a' });
          expect(await retry.addUnaccepted('a')).toBe(left.length);
          await retry.commit(endOf('RUNNING', left.length));
          expect((await harness.rows('c')).map((row) => row.iterationId)).toEqual(left);
        },
      );

      test('of a run that sent everything again has rows that AdSuite had accepted before that run', async () => {
        await record({ id: 'a', version: 4 }, plannedRows(3));
        await deliver();
        await record({ id: 'b', version: 4 }, plannedRows(3));
        await deliver({ 2: 'REJECTED', 3: 'REJECTED' });
        const retry = await recordingOf(pushes, { id: 'c', version: 4, retryOf: 'b' });
        expect(await retry.addUnaccepted('b')).toBe(2);
        await retry.commit(endOf('RUNNING', 2));
        expect((await harness.rows('c')).map((row) => row.iterationId)).toEqual(['2', '3']);
        await deliver();
        const again = await recordingOf(pushes, { id: 'd', version: 4, retryOf: 'b' });
        expect(await again.addUnaccepted('b')).toBe(0);
        await again.rollback();
      });

      test('of a run that does not exist, or of another build, is an error', async () => {
        await expect(pushes.begin(newRun({ id: 'b', retryOf: 'nobody' }))).rejects.toThrow('nobody');
        await record({ id: 'a', version: 4 }, plannedRows(1));
        await deliver({ 1: 'REJECTED' });
        const retry = await recordingOf(pushes, { id: 'b', version: 5, retryOf: 'a' });
        await expect(retry.addUnaccepted('a')).rejects.toThrow('build');
        await retry.rollback();
        expect(await harness.rows('b')).toEqual([]);
      });
    });
  });
}

const minute = 60_000;

/** More tests of every DeliveryStore: rows without a result. `open` makes an empty one before each test. */
export function describeDoubtfulRows(name: string, open: () => Promise<DeliveryHarness>): void {
  describe(`rows without a result, in a delivery store: ${name}`, () => {
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

    /** The final states of the rows of the first batch. Those of the second are never sent. */
    async function endOf(prepare: (batch: Batch) => Promise<unknown>): Promise<RowState[]> {
      await prepare(await next());
      expect(await store.finish(lease, 'gave up', 'no time left')).not.toBeNull();
      const states = (await harness.rows(lease.runId)).map((row) => row.state);
      expect(states.slice(batchRows)).toEqual(Array(batchRows).fill('PENDING'));
      return states.slice(0, batchRows);
    }
    const all = (state: RowState) => Array(batchRows).fill(state);

    test('with a recorded attempt end UNKNOWN', async () => {
      expect(await endOf((batch) => store.recordAttempt(lease, batch))).toEqual(all('UNKNOWN'));
    });

    test('that wait after an attempt end UNKNOWN', async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.postpone(lease, batch, minute, 'reset', true);
      });
      expect(end).toEqual(all('UNKNOWN'));
    });

    test("that can't have arrived stay PENDING", async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.postpone(lease, batch, 0, 'no connection', false);
        const again = await next();
        expect(again).toMatchObject({ attempts: 1, isUnsent: true });
        // Without new information.
        await store.postpone(lease, again, 0, 'later');
        expect(await next()).toEqual(again);
      });
      expect(end).toEqual(all('PENDING'));
    });

    test('may have arrived again after the next attempt', async () => {
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

    test('that an answer left out end UNKNOWN, the others with their results', async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.settle(lease, batch, [{ iterationId: '2', state: 'ACCEPTED', code: null, message: null }]);
      });
      expect(end).toEqual(['UNKNOWN', 'ACCEPTED', 'UNKNOWN']);
    });

    test('of a request that was refused stay PENDING', async () => {
      const end = await endOf(async (batch) => {
        await store.recordAttempt(lease, batch);
        await store.split(lease, batch);
      });
      expect(end).toEqual(all('PENDING'));
    });

    test('that were never attempted stay PENDING', async () => {
      expect((await next()).isUnsent ?? false).toBe(false);
      expect(await endOf((batch) => store.postpone(lease, batch, 0, 'later'))).toEqual(all('PENDING'));
    });
  });
}

function present<Value>(value: Value | null): Value {
  if (value === null) throw new Error('the value is null');
  return value;
}
