import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultGuardLimits } from '../../src/push/guard.ts';
import type { PushInput } from '../../src/push/input.ts';
import { previewPush } from '../../src/push/preview.ts';
import { createPushService, type PushService, type PushServiceOptions } from '../../src/push/push.ts';
import { pushDrift } from '../../src/push/push-drift.ts';
import type { IterationMetrics, PushSelection } from '../../src/push/types.ts';
import { noValues } from '../../src/push/values.ts';
import { ManualClock } from './manual-clock.ts';
import type { TestLedger } from './memory-ledger.ts';
import { paged, snapshots, TestWarehouse } from './push-worlds.ts';

const everything: PushSelection = { iterationIds: null, strategyIds: null };

/** An iteration with so many clicks and conversions. */
function iteration(iterationId: string, clicks: number, conversions = 0, rest: Partial<IterationMetrics> = {}) {
  const byGoal = conversions === 0 ? [] : [{ goalReferenceId: 'g1', conversions, payout: `${conversions}.5000` }];
  const at = conversions === 0 ? null : '2026-02-01T00:00:00.000001Z';
  return {
    ...{ iterationId, strategyId: '1', createdAt: '2026-01-01T00:00:00.000000Z' },
    values: {
      ...{ clicks, conversions, payout: byGoal[0]?.payout ?? '0.0000', byGoal },
      ...{ firstConversionAt: at, lastConversionAt: at },
    },
    ...rest,
  };
}

/** Planning, recording, retrying and cancelling, on whatever keeps the ledger. */
export function describePushService(name: string, open: () => Promise<TestLedger>): void {
  describe(`pushing over ${name}`, () => {
    let ledger: TestLedger;
    let warehouse: TestWarehouse;
    let clock: ManualClock;
    let options: PushServiceOptions;
    let service: PushService;
    let nudges: number;

    beforeEach(async () => {
      ledger = await open();
      warehouse = new TestWarehouse();
      clock = new ManualClock(new Date('2026-03-01T00:00:00Z'));
      nudges = 0;
      options = {
        ...{ source: warehouse.source, ledger: ledger.ledger, runs: ledger.runs, clock },
        limits: { ...defaultGuardLimits, buildMinutes: 60, mirrorMinutes: 60 },
        nudge: () => {
          nudges += 1;
        },
      };
      service = createPushService(options);
    });
    afterEach(() => ledger.close());

    const push = (rest: Partial<PushInput> = {}) =>
      service.push({
        ...{ selection: everything, planHash: null, dryRun: false, override: null, idempotencyKey: null },
        ...{ requestedBy: 'unauthenticated', waitSeconds: 0 },
        ...rest,
      });
    const preview = (selection = everything, rows = 10) => previewPush(options, selection, rows);
    const caller = { requestedBy: 'unauthenticated', waitSeconds: 0 };
    const stateOf = async (runId: string) => (await ledger.runs.find(runId))?.state;
    const sentBy = async (runId: string) =>
      (await ledger.rowsOf(runId)).map((row) => [row.iterationId, row.version, row.new.clicks, row.new.conversions]);
    const pushed = async (rest: Partial<PushInput> = {}) => {
      const runId = await push(rest);
      await ledger.deliver(runId);
      return runId;
    };
    const refused = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => new Error('it was not refused'),
        (reason) => reason,
      );
      return { message: error.message, ...error.extensions };
    };

    test('what changed is sent, and once it is accepted nothing is left to send', async () => {
      warehouse.build(1, [iteration('9', 0), iteration('10', 3), iteration('11', 5, 2)]);
      const first = await push();
      expect(await stateOf(first)).toBe('RUNNING');
      expect(nudges).toBe(1);
      expect(await sentBy(first)).toEqual([
        ['10', 1, 3, 0],
        ['11', 1, 5, 2],
      ]);
      await ledger.deliver(first);

      const nothing = await push();
      expect(await stateOf(nothing)).toBe('SUCCEEDED');
      expect(await sentBy(nothing)).toEqual([]);
      expect(nudges).toBe(1);

      warehouse.build(2, [iteration('9', 1), iteration('10', 3)]);
      const second = await push();
      expect(await sentBy(second)).toEqual([
        ['9', 2, 1, 0],
        ['11', 2, 0, 0],
      ]);
      const [, gone] = await ledger.rowsOf(second);
      expect(gone).toMatchObject({ strategyId: '1', old: { conversions: 2, payout: '2.5000' }, new: noValues });
      expect((await ledger.runs.find(second))?.totals).toEqual({
        ...{ iterations: 3, changed: 2, oldConversions: 2, newConversions: 0 },
        ...{ oldPayout: '2.5000', newPayout: '0.0000' },
      });
    });

    test('any row of builds and answers: in the end AdSuite has the last build', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(snapshots, fc.nat(3)), { minLength: 1, maxLength: 4 }),
          fc.infiniteStream(fc.constantFrom('ACCEPTED', 'ACCEPTED', 'REJECTED', 'UNKNOWN', 'STALE')),
          async (builds, answers) => {
            const own = await open();
            const ownService = createPushService({ ...options, ledger: own.ledger, runs: own.runs });
            const input = { selection: everything, planHash: null, dryRun: false, idempotencyKey: null, ...caller };
            const deliver = async (isGood: boolean) => {
              const runId = await ownService.push({ ...input, override: { reason: 'a test' } });
              const isRunning = (await own.runs.find(runId))?.state === 'RUNNING';
              if (isRunning) await own.deliver(runId, () => (isGood ? 'ACCEPTED' : answers.next().value));
              return runId;
            };
            let number = 0;
            for (const [rows, times] of builds) {
              number += 1;
              warehouse.build(number, rows);
              for (let time = 0; time < times; time += 1) await deliver(false);
            }
            await deliver(true);
            expect(await own.rowsOf(await deliver(true))).toEqual([]);
            const receipts = await own.ledger.receipts({
              after: null,
              through: null,
              selection: everything,
              limit: 99,
            });
            const held = receipts.map(({ iterationId, strategyId, version, values }) => {
              return { iterationId, strategyId, version, values };
            });
            const drift = await pushDrift(warehouse.source, own.ledger, () => paged(held, 2), everything, 10);
            expect(drift.rows).toEqual([]);
            await own.close();
          },
        ),
        { numRuns: 25, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
      );
    });

    describe('an idempotency key', () => {
      beforeEach(() => warehouse.build(1, [iteration('1', 1), iteration('2', 1)]));

      test('with the same input is the same run, before and after its end', async () => {
        const selection = { iterationIds: ['1', '2'], strategyIds: null };
        const first = await push({ idempotencyKey: 'k', selection });
        const again = {
          idempotencyKey: 'k',
          selection: { ...selection, iterationIds: ['2', '1', '2'] },
          requestedBy: 'me',
        };
        expect(await push(again)).toBe(first);
        await ledger.deliver(first);
        warehouse.build(2, [iteration('1', 2)]);
        expect(await push({ ...again, waitSeconds: 5 })).toBe(first);
        expect(nudges).toBe(1);
      });

      test.each([
        ['selection', { selection: { iterationIds: ['1'], strategyIds: null } }],
        ['planHash', { planHash: 'other' }],
        ['dryRun', { dryRun: true }],
        ['override', { override: { reason: 'other' } }],
      ])('with another %s is refused, and names the run', async (_, other) => {
        const first = await push({ idempotencyKey: 'k' });
        const error = await refused(push({ idempotencyKey: 'k', ...other }));
        expect(error).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', runId: first, http: { status: 409 } });
      });

      test('of a push that failed stands for nothing', async () => {
        expect(await refused(push({ idempotencyKey: 'k', planHash: 'x' }))).toMatchObject({ code: 'PLAN_CHANGED' });
        expect(await stateOf(await push({ idempotencyKey: 'k' }))).toBe('RUNNING');
      });
    });

    describe('a plan', () => {
      beforeEach(() => warehouse.build(1, [iteration('1', 1), iteration('2', 1, 1), iteration('3', 1)]));

      test('is what the push with its hash sends', async () => {
        const plan = await preview();
        expect(plan).toMatchObject({ build: { id: 'build-1', version: 1 }, findings: [], refusal: null });
        expect(plan.comparedWith).toContain('Nothing was sent before');
        const runId = await push({ planHash: plan.planHash });
        const rows = (await ledger.rowsOf(runId)).map(({ iterationId, old, new: values }) => ({
          iterationId,
          old,
          new: values,
        }));
        expect(plan.rows.map(({ iterationId, old, new: values }) => ({ iterationId, old, new: values }))).toEqual(rows);
        expect(await ledger.runs.find(runId)).toMatchObject({ planHash: plan.planHash, totals: plan.totals });
      });

      test('is recorded nowhere', async () => {
        await preview();
        expect(await ledger.ledger.previous()).toBeNull();
        expect(await stateOf(await push())).toBe('RUNNING');
      });

      test('shows as many rows as asked for, and counts all', async () => {
        for (const count of [0, 1, 2, 3, 10]) {
          const { rows, totals } = await preview(everything, count);
          expect(rows.map((row) => row.iterationId)).toEqual(['1', '2', '3'].slice(0, count));
          expect(totals.changed).toBe(3);
        }
      });

      test.each([
        ['a build', () => warehouse.build(2, warehouse.rows)],
        ['a value', () => warehouse.build(1, [iteration('1', 2), ...warehouse.rows.slice(1)])],
      ])('that is overtaken by %s is not sent', async (_, move) => {
        const { planHash } = await preview();
        move();
        const error = await refused(push({ planHash }));
        expect(error).toMatchObject({ code: 'PLAN_CHANGED', http: { status: 409 } });
        expect(error.planHash).toBe((await preview()).planHash);
        expect(await stateOf(await push({ planHash: error.planHash }))).toBe('RUNNING');
      });

      test('that is overtaken by receipts is not sent', async () => {
        const { planHash } = await preview();
        await pushed({ selection: { iterationIds: ['2'], strategyIds: null } });
        expect(await refused(push({ planHash }))).toMatchObject({ code: 'PLAN_CHANGED' });
      });

      test('says why a push would be refused, and what overrides it', async () => {
        warehouse.build(1, warehouse.rows, { mirror_refreshed_at: null });
        const { findings, refusal } = await preview();
        expect(findings.map(({ guard }) => guard)).toEqual(['MIRROR_TOO_OLD']);
        expect(refusal).toMatch(/MIRROR_STALE_AFTER_MINUTES.*override: \{reason/);
      });
    });

    describe('a guard', () => {
      beforeEach(async () => {
        warehouse.build(1, [iteration('1', 9, 400), iteration('2', 9, 100)]);
        await pushed();
        warehouse.build(2, [iteration('1', 9, 400), iteration('2', 9, 10)]);
      });
      const guards = async (runId: string) => (await ledger.findingsOf(runId)).map(({ guard }) => guard);

      test('refuses: a run that sends nothing and says why', async () => {
        const runId = await push();
        expect(await stateOf(runId)).toBe('REFUSED');
        expect(await guards(runId)).toEqual(['TOTAL_JUMPED', 'ITERATION_SHRANK']);
        expect(await sentBy(runId)).toEqual([]);
        expect(nudges).toBe(1);
        expect((await ledger.ledger.previous())?.conversions).toBe(500);
      });

      test('is overridden with a reason, and what it found stays with the run', async () => {
        const runId = await push({ override: { reason: 'fraud was taken out' } });
        expect(await stateOf(runId)).toBe('RUNNING');
        expect(await guards(runId)).toEqual(['TOTAL_JUMPED', 'ITERATION_SHRANK']);
        await ledger.deliver(runId);
        expect((await preview()).comparedWith).toContain(`push ${runId} (build 2)`);
        expect((await preview()).findings).toEqual([]);
      });

      test('that minds an edited created_at minds it until that is pushed', async () => {
        const edited = iteration('2', 9, 100, { createdAt: '2026-01-01T00:00:00.000001Z' });
        warehouse.build(2, [iteration('1', 9, 400), edited]);
        const runId = await push();
        expect(await guards(runId)).toEqual(['CREATED_AT_EDITED']);
        expect(await stateOf(runId)).toBe('REFUSED');
        await pushed({ override: { reason: 'known' } });
        expect((await preview()).findings).toEqual([]);
      });
    });

    describe('a dry run', () => {
      beforeEach(() => warehouse.build(1, [iteration('1', 1)]));

      test('is a run that has ended, with its plan, and sends nothing', async () => {
        const runId = await push({ dryRun: true });
        expect(await ledger.runs.find(runId)).toMatchObject({ state: 'SUCCEEDED', dryRun: true });
        expect((await ledger.rowsOf(runId)).map(({ state }) => state)).toEqual(['PENDING']);
        expect(nudges).toBe(0);
        expect(await ledger.ledger.previous()).toBeNull();
      });

      test('is not in the way of a push, nor a push in its way', async () => {
        await push({ dryRun: true });
        const running = await push();
        expect(await stateOf(running)).toBe('RUNNING');
        expect(await stateOf(await push({ dryRun: true }))).toBe('SUCCEEDED');
      });

      test('says what guards find, and is refused by none', async () => {
        warehouse.build(1, warehouse.rows, { mirror_refreshed_at: null });
        const runId = await push({ dryRun: true });
        expect(await stateOf(runId)).toBe('SUCCEEDED');
        expect((await ledger.findingsOf(runId)).map(({ guard }) => guard)).toEqual(['MIRROR_TOO_OLD']);
      });
    });

    test('one push at a time: a second is told which one is under way', async () => {
      warehouse.build(1, [iteration('1', 1)]);
      const running = await push();
      const error = await refused(push());
      expect(error).toMatchObject({ code: 'PUSH_IN_PROGRESS', runId: running, http: { status: 409 } });
      await ledger.deliver(running);
      expect(await stateOf(await push())).toBe('SUCCEEDED');
    });

    describe('a build that does not hold still', () => {
      beforeEach(() =>
        warehouse.build(
          1,
          ['1', '2', '3', '4', '5'].map((id) => iteration(id, 1, 1)),
        ),
      );

      test('is planned anew, and nothing of the first attempt is sent', async () => {
        warehouse.onPage = () => {
          warehouse.onPage = () => {};
          warehouse.build(2, [iteration('1', 7, 1)]);
        };
        const runId = await push();
        expect(await sentBy(runId)).toEqual([['1', 2, 7, 1]]);
        expect((await ledger.runs.find(runId))?.build).toMatchObject({ id: 'build-2', version: 2, conversions: 1 });
      });

      test('is given up after three attempts, and nothing stays of them', async () => {
        let number = 1;
        warehouse.onPage = () => {
          number += 1;
          warehouse.build(number, warehouse.rows);
        };
        expect(await refused(push({ idempotencyKey: 'k' }))).toMatchObject({
          code: 'BUILD_UNDER_WAY',
          http: { status: 503 },
        });
        expect(await refused(preview())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
        warehouse.onPage = () => {};
        expect(await sentBy(await push({ idempotencyKey: 'k' }))).toHaveLength(5);
      });

      test('or whose tables are another build already, is not sent', async () => {
        warehouse.rows = warehouse.rows.slice(1);
        expect(await refused(push())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
        expect(await refused(preview())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
      });
    });

    test('builds that are numbered anew are not sent, as AdSuite would call every row stale; override or not', async () => {
      warehouse.build(7, [iteration('1', 1)]);
      await pushed();
      for (const move of [
        () => warehouse.build(6, [iteration('1', 2)]),
        () => warehouse.build(7, [iteration('1', 2)], { build_id: 'another' }),
      ]) {
        move();
        const error = await refused(push({ override: { reason: 'all the same' } }));
        expect(error).toMatchObject({ code: 'BUILD_NUMBER_FELL', http: { status: 409 } });
        expect(await refused(preview())).toMatchObject({ code: 'BUILD_NUMBER_FELL' });
      }
      warehouse.build(8, [iteration('1', 2)]);
      expect(await stateOf(await push())).toBe('RUNNING');
    });

    test('before the first build there is nothing to push', async () => {
      expect(await refused(push())).toMatchObject({ code: 'WAREHOUSE_UNAVAILABLE' });
    });

    test('a warehouse that fails in the middle leaves nothing in the way', async () => {
      warehouse.build(1, [iteration('1', 1), iteration('2', 1), iteration('3', 1)]);
      warehouse.onPage = () => {
        throw new Error('the connection broke');
      };
      expect((await refused(push({ idempotencyKey: 'k' }))).message).toBe('the connection broke');
      warehouse.onPage = () => {};
      expect(await sentBy(await push({ idempotencyKey: 'k' }))).toHaveLength(3);
    });

    describe('a selection', () => {
      const moved = { strategyId: '2' };
      beforeEach(() => warehouse.build(1, [iteration('1', 1), iteration('2', 1), iteration('3', 1, 0, moved)]));

      test.each([
        ['of iterations', { iterationIds: ['3', '1', '77'], strategyIds: null }, ['1', '3']],
        ['of strategies', { iterationIds: null, strategyIds: ['1'] }, ['1', '2']],
        ['of both is those that fit both', { iterationIds: ['1', '3'], strategyIds: ['1'] }, ['1']],
        ['of none', { iterationIds: [], strategyIds: null }, []],
      ])('%s', async (_, selection, ids) => {
        expect((await sentBy(await push({ selection }))).map(([id]) => id)).toEqual(ids);
      });

      test('of a strategy tells zeros of what is gone from the build, not of what is another strategy’s now', async () => {
        await pushed();
        warehouse.build(2, [iteration('1', 1), iteration('3', 1, 0, moved)]);
        const ofOne = { iterationIds: null, strategyIds: ['1'] };
        expect(await sentBy(await pushed({ selection: ofOne }))).toEqual([['2', 2, 0, 0]]);
        warehouse.build(3, [iteration('1', 1, 0, moved), iteration('3', 1, 0, moved)]);
        expect(await sentBy(await push({ selection: ofOne }))).toEqual([]);
        const everywhere = await push();
        expect(await ledger.rowsOf(everywhere)).toMatchObject([
          { iterationId: '1', strategyId: '2', new: { clicks: 1 } },
        ]);
      });
    });

    describe('retrying', () => {
      beforeEach(() =>
        warehouse.build(1, [iteration('1', 1), iteration('2', 2), iteration('3', 3), iteration('4', 4)]),
      );

      test('sends what was not accepted, as it was recorded', async () => {
        const first = await push();
        await ledger.deliver(first, ({ iterationId: id }) =>
          id === '1' ? 'ACCEPTED' : id === '2' ? 'REJECTED' : id === '3' ? 'UNKNOWN' : 'STALE',
        );
        expect(await stateOf(first)).toBe('PARTIAL');
        warehouse.build(2, [iteration('1', 7), iteration('2', 7)]);
        const again = await service.retry(first, caller);
        expect(nudges).toBe(2);
        expect(await sentBy(again)).toEqual([
          ['2', 1, 2, 0],
          ['3', 1, 3, 0],
        ]);
        expect(await ledger.runs.find(again)).toMatchObject({
          ...{ state: 'RUNNING', build: { id: 'build-1' }, totals: { changed: 2 } },
        });
        expect(await refused(service.retry(again, caller))).toMatchObject({ code: 'PUSH_IN_PROGRESS', runId: again });
        await ledger.deliver(again);
        expect(await refused(service.retry(again, caller))).toMatchObject({
          code: 'NOTHING_TO_RETRY',
          http: { status: 409 },
        });
      });

      test('is refused while another push is under way', async () => {
        const first = await push();
        await ledger.deliver(first, () => 'REJECTED');
        const other = await push();
        expect(await refused(service.retry(first, caller))).toMatchObject({ code: 'PUSH_IN_PROGRESS', runId: other });
      });

      test('of what sent nothing on purpose has nothing to send', async () => {
        const dry = await push({ dryRun: true });
        expect((await refused(service.retry(dry, caller))).message).toContain('it was a dry run');
        warehouse.build(1, warehouse.rows, { mirror_refreshed_at: null });
        const guarded = await push();
        expect((await refused(service.retry(guarded, caller))).message).toContain('it was refused');
      });

      test('of nobody’s run is not found', async () => {
        const unknown = '0198c1d2-7a54-4cc3-98c4-dc0c0c07398f';
        expect(await refused(service.retry(unknown, caller))).toMatchObject({
          code: 'PUSH_NOT_FOUND',
          http: { status: 404 },
        });
        expect(await refused(service.cancel(unknown, 0))).toMatchObject({ code: 'PUSH_NOT_FOUND' });
      });
    });

    describe('cancelling', () => {
      beforeEach(() => warehouse.build(1, [iteration('1', 1)]));

      test('asks the worker at once, and waits for the end', async () => {
        const runId = await push();
        clock.meanwhile = async () => {
          if ((await stateOf(runId)) === 'RUNNING') await ledger.deliver(runId);
        };
        expect(await service.cancel(runId, 20)).toBe(runId);
        expect(nudges).toBe(2);
        expect(await stateOf(runId)).toBe('CANCELLED');
        expect((await ledger.rowsOf(runId)).map(({ state }) => state)).toEqual(['PENDING']);
      });

      test('a run that has ended leaves it as it is', async () => {
        const runId = await pushed();
        expect(await service.cancel(runId, 20)).toBe(runId);
        expect(await stateOf(runId)).toBe('SUCCEEDED');
        expect(nudges).toBe(1);
      });
    });

    describe('waiting', () => {
      beforeEach(() => warehouse.build(1, [iteration('1', 1)]));

      test('ends with the run', async () => {
        clock.meanwhile = async () => {
          const running = await refused(push());
          if (clock.now() >= 3000 && running.runId) await ledger.deliver(running.runId);
        };
        const runId = await push({ waitSeconds: 120 });
        expect(await stateOf(runId)).toBe('SUCCEEDED');
        expect(clock.now()).toBeLessThan(5000);
      });

      test('ends with its time, and the run goes on', async () => {
        const runId = await push({ waitSeconds: 20 });
        expect(clock.now()).toBe(20_000);
        expect(await stateOf(runId)).toBe('RUNNING');
      });
    });
  });
}
