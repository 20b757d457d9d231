import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pushDrift } from '../../../src/push/drift/drift.ts';
import { noValues } from '../../../src/push/values.ts';
import type { TestLedger } from '../memory-ledger.ts';
import { proofs } from '../proofs.ts';
import { paged, snapshots } from '../push-worlds.ts';
import { everything, iteration, PushFixture, refused } from './fixture.ts';

/** What is sent: everything in the selection that differs from what AdSuite has, once. */
export function describeSending(open: () => Promise<TestLedger>): void {
  let fixture: PushFixture;
  beforeEach(async () => {
    fixture = new PushFixture(await open());
  });
  afterEach(() => fixture.ledger.close());

  test('changes are sent, and nothing is left after they were accepted', async () => {
    fixture.warehouse.build(1, [iteration('9', 0), iteration('10', 3), iteration('11', 5, 2)]);
    const first = await fixture.push();
    expect(await fixture.stateOf(first)).toBe('RUNNING');
    expect(fixture.nudges).toBe(1);
    expect(await fixture.sentBy(first)).toEqual([
      ['10', 1, 3, 0],
      ['11', 1, 5, 2],
    ]);
    await fixture.ledger.deliver(first);

    const nothing = await fixture.push();
    expect(await fixture.stateOf(nothing)).toBe('SUCCEEDED');
    expect(await fixture.sentBy(nothing)).toEqual([]);
    expect(fixture.nudges).toBe(1);

    fixture.warehouse.build(2, [iteration('9', 1), iteration('10', 3)]);
    const second = await fixture.push();
    expect(await fixture.sentBy(second)).toEqual([
      ['9', 2, 1, 0],
      ['11', 2, 0, 0],
    ]);
    const [, gone] = await fixture.ledger.rowsOf(second);
    expect(gone).toMatchObject({ strategyId: '1', old: { conversions: 2, payout: '2.5000' }, new: noValues });
    expect((await fixture.ledger.ledger.find(second))?.totals).toEqual({
      ...{ iterations: 3, changed: 2, oldConversions: 2, newConversions: 0 },
      ...{ oldPayout: '2.5000', newPayout: '0.0000' },
    });
  });

  test('for any series of builds and answers AdSuite has the last build at the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(snapshots, fc.nat(3)), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.constantFrom('ACCEPTED', 'ACCEPTED', 'REJECTED', 'UNKNOWN', 'STALE')),
        async (builds, answers) => {
          const own = new PushFixture(await open());
          const deliver = async (isGood: boolean) => {
            const runId = await own.push({ override: { reason: 'a test' } });
            const isRunning = (await own.stateOf(runId)) === 'RUNNING';
            if (isRunning) await own.ledger.deliver(runId, () => (isGood ? 'ACCEPTED' : answers.next().value));
            return runId;
          };
          for (const [at, [rows, times]] of builds.entries()) {
            own.warehouse.build(at + 1, rows);
            for (let time = 0; time < times; time += 1) await deliver(false);
          }
          await deliver(true);
          expect(await own.sentBy(await deliver(true))).toEqual([]);
          const { ledger } = own.ledger;
          const receipts = await ledger.receipts({ after: null, through: null, selection: everything, limit: 99 });
          const drift = await pushDrift(own.warehouse.source, ledger, () => paged(receipts, 2), everything, 10);
          expect(drift.rows).toEqual([]);
          await own.ledger.close();
        },
      ),
      { numRuns: proofs(12, 4), interruptAfterTimeLimit: 20_000 },
    );
  });

  test('one push at a time: a second one gets the id of the first', async () => {
    fixture.warehouse.build(1, [iteration('1', 1)]);
    const running = await fixture.push();
    const error = await refused(fixture.push());
    expect(error).toMatchObject({ code: 'PUSH_IN_PROGRESS', runId: running, http: { status: 409 } });
    await fixture.ledger.deliver(running);
    expect(await fixture.stateOf(await fixture.push())).toBe('SUCCEEDED');
  });

  describe('a selection', () => {
    const moved = { strategyId: '2' };
    beforeEach(() => fixture.warehouse.build(1, [iteration('1', 1), iteration('2', 1), iteration('3', 1, 0, moved)]));

    test.each([
      ['of iterations', { iterationIds: ['3', '1', '77'], strategyIds: null }, ['1', '3']],
      ['of strategies', { iterationIds: null, strategyIds: ['1'] }, ['1', '2']],
      ['of both is those that match both', { iterationIds: ['1', '3'], strategyIds: ['1'] }, ['1']],
      ['of none', { iterationIds: [], strategyIds: null }, []],
    ])('%s', async (_, selection, ids) => {
      expect((await fixture.sentBy(await fixture.push({ selection }))).map(([id]) => id)).toEqual(ids);
    });

    test('of a strategy sends zeros for what is gone from the build, not for what moved to another strategy', async () => {
      await fixture.pushed();
      fixture.warehouse.build(2, [iteration('1', 1), iteration('3', 1, 0, moved)]);
      const ofOne = { iterationIds: null, strategyIds: ['1'] };
      expect(await fixture.sentBy(await fixture.pushed({ selection: ofOne }))).toEqual([['2', 2, 0, 0]]);
      fixture.warehouse.build(3, [iteration('1', 1, 0, moved), iteration('3', 1, 0, moved)]);
      expect(await fixture.sentBy(await fixture.push({ selection: ofOne }))).toEqual([]);
      const everywhere = await fixture.push();
      expect(await fixture.ledger.rowsOf(everywhere)).toMatchObject([
        { iterationId: '1', strategyId: '2', new: { clicks: 1 } },
      ]);
    });
  });
}
