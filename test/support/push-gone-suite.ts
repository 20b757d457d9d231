import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pushDrift } from '../../src/push/drift/drift.ts';
import type { RowState } from '../../src/push/types.ts';
import { paged, type TestLedger } from './push-doubles.ts';
import { everything, iteration, PushFixture, refused } from './push-runs-suite.ts';

/** Plans, guards and drift after rows that are GONE. */
export function describeGone(open: () => Promise<TestLedger>): void {
  describe('an iteration that was deleted in AdSuite and in the source', () => {
    let fixture: PushFixture;
    /** The push that sends zeros for iteration 2. Its conversions now count for iteration 1. */
    let runId: string;
    const left = iteration('1', 9, 400);
    const deleted = iteration('2', 9, 100);
    const override = { reason: 'the iteration was deleted' };
    const answer =
      (states: Readonly<Record<string, Exclude<RowState, 'PENDING'>>>) =>
      ({ iterationId }: { readonly iterationId: string }) =>
        states[iterationId] ?? 'ACCEPTED';

    beforeEach(async () => {
      fixture = new PushFixture(await open());
      fixture.warehouse.build(1, [left, deleted]);
      await fixture.pushed();
      fixture.warehouse.build(2, [iteration('1', 18, 499)]);
      runId = await fixture.push({ override });
      expect(await fixture.guardsOf(runId)).toEqual(['ITERATION_SHRANK']);
      expect(await fixture.sentBy(runId)).toEqual([
        ['1', 2, 18, 499],
        ['2', 2, 0, 0],
      ]);
    });
    afterEach(() => fixture.ledger.close());

    const receiptIds = async () => {
      const range = { after: null, through: null, selection: everything, limit: 9 };
      return (await fixture.ledger.ledger.receipts(range)).map(({ iterationId }) => iterationId);
    };

    test('is sent once, and no guard finds anything in the next plans', async () => {
      await fixture.ledger.deliver(runId, answer({ 2: 'GONE' }));
      expect(await fixture.ledger.ledger.find(runId)).toMatchObject({
        state: 'SUCCEEDED',
        counts: { planned: 2, accepted: 1, gone: 1, pending: 0 },
      });
      expect(await receiptIds()).toEqual(['1']);
      expect(await fixture.preview()).toMatchObject({ rows: [], findings: [] });
      fixture.warehouse.build(3, [iteration('1', 19, 500)]);
      const plan = await fixture.preview();
      expect(plan).toMatchObject({ findings: [], totals: { oldConversions: 499, newConversions: 500 } });
      expect(plan.comparedWith).toContain(`push ${runId} (build 2)`);
    });

    test('is sent again, without old values, when it returns with activity', async () => {
      await fixture.ledger.deliver(runId, answer({ 2: 'GONE' }));
      fixture.warehouse.build(3, [left, iteration('2', 0)]);
      expect(await fixture.sentBy(await fixture.push({ dryRun: true }))).toEqual([['1', 3, 9, 400]]);
      fixture.warehouse.build(3, [left, deleted]);
      const back = await fixture.push({ override });
      expect(await fixture.ledger.rowsOf(back)).toMatchObject([
        { iterationId: '1' },
        { iterationId: '2', old: null, new: { conversions: 100 } },
      ]);
      await fixture.ledger.deliver(back);
      expect(await receiptIds()).toEqual(['1', '2']);
      expect((await fixture.preview()).rows).toEqual([]);
      fixture.warehouse.build(4, [left, iteration('2', 9, 1)]);
      // Its receipt is there again, and so are the guards.
      expect((await fixture.preview()).findings.map(({ iterationId }) => iterationId)).toContain('2');
    });

    test('is no drift, if AdSuite does not list it; what AdSuite lists is', async () => {
      await fixture.ledger.deliver(runId, answer({ 2: 'GONE' }));
      const { ledger } = fixture.ledger;
      const { source } = fixture.warehouse;
      const held = await ledger.receipts({ after: null, through: null, selection: everything, limit: 9 });
      const drift = await pushDrift(source, ledger, () => paged(held, 2), everything, { first: 9, after: null });
      expect(drift).toMatchObject({ compared: 1, rows: [] });
      const listed = [...held, { ...deleted, version: 1 }];
      const other = await pushDrift(source, ledger, () => paged(listed, 2), everything, { first: 9, after: null });
      expect(other.rows).toMatchObject([{ iterationId: '2', kinds: ['UNRECEIPTED', 'BEHIND'] }]);
    });

    test('is not retried; other rows are', async () => {
      await fixture.ledger.deliver(runId, answer({ 1: 'REJECTED', 2: 'GONE' }));
      expect(await fixture.stateOf(runId)).toBe('FAILED');
      const retried = await fixture.retry(runId);
      expect(await fixture.sentBy(retried)).toEqual([['1', 2, 18, 499]]);
      await fixture.ledger.deliver(retried);
      expect(await refused(fixture.retry(retried))).toMatchObject({ code: 'NOTHING_TO_RETRY' });
    });

    test('alone is a run that succeeds, and with which the next plan is compared', async () => {
      await fixture.ledger.deliver(runId, answer({ 2: 'REJECTED' }));
      const again = await fixture.push({ override });
      expect(await fixture.sentBy(again)).toEqual([['2', 2, 0, 0]]);
      await fixture.ledger.deliver(again, () => 'GONE');
      expect(await fixture.stateOf(again)).toBe('SUCCEEDED');
      expect((await fixture.preview()).comparedWith).toContain(again);
    });

    test('of a run with stale rows and none accepted does not make it succeed', async () => {
      await fixture.ledger.deliver(runId, answer({ 1: 'STALE', 2: 'GONE' }));
      expect(await fixture.stateOf(runId)).toBe('FAILED');
    });
  });
}
