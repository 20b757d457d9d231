import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareIds } from '../../src/domain/ids.ts';
import { pushDrift } from '../../src/push/drift/drift.ts';
import { noValues } from '../../src/push/values.ts';
import { proofs } from './proofs.ts';
import { buildOf, paged, snapshots, soundQuality, type TestLedger, TestWarehouse } from './push-doubles.ts';
import { describeGone } from './push-gone-suite.ts';
import { describeRuns, everything, iteration, PushFixture, refused } from './push-runs-suite.ts';

/** Plans, and builds that change while they are planned. */
export function describePlanning(open: () => Promise<TestLedger>): void {
  let fixture: PushFixture;
  beforeEach(async () => {
    fixture = new PushFixture(await open());
  });
  afterEach(() => fixture.ledger.close());

  describe('a plan', () => {
    beforeEach(() => fixture.warehouse.build(1, [iteration('1', 1), iteration('2', 1, 1), iteration('3', 1)]));

    test('is exactly what a push with its hash sends', async () => {
      const plan = await fixture.preview();
      expect(plan).toMatchObject({ build: { id: 'build-1', version: 1 }, findings: [], refusal: null });
      expect(plan.comparedWith).toContain('Nothing was sent before');
      const runId = await fixture.push({ planHash: plan.planHash });
      const rows = (await fixture.ledger.rowsOf(runId)).map(({ iterationId, old, new: values }) => ({
        iterationId,
        old,
        new: values,
      }));
      const planned = plan.rows.map(({ iterationId, old, new: values }) => ({ iterationId, old, new: values }));
      expect(planned.toSorted((one, other) => compareIds(one.iterationId, other.iterationId))).toEqual(rows);
      expect(await fixture.ledger.ledger.find(runId)).toMatchObject({ planHash: plan.planHash, totals: plan.totals });
    });

    test('is not recorded', async () => {
      await fixture.preview();
      expect(await fixture.ledger.ledger.previous()).toBeNull();
      expect(await fixture.stateOf(await fixture.push())).toBe('RUNNING');
    });

    test('returns the requested number of rows, and counts all', async () => {
      for (const count of [0, 1, 2, 3, 10]) {
        const { rows, totals, hasNextPage } = await fixture.preview(everything, count);
        expect(rows.map((row) => row.iterationId)).toEqual(['2', '1', '3'].slice(0, count));
        expect(hasNextPage).toBe(count < 3);
        expect(totals.changed).toBe(3);
      }
    });

    test.each([
      ['a build', () => fixture.warehouse.build(2, fixture.warehouse.rows)],
      ['a value', () => fixture.warehouse.build(1, [iteration('1', 2), ...fixture.warehouse.rows.slice(1)])],
    ])('that is outdated by %s is not sent', async (_, move) => {
      const { planHash } = await fixture.preview();
      move();
      const error = await refused(fixture.push({ planHash }));
      expect(error).toMatchObject({ code: 'PLAN_CHANGED', http: { status: 409 } });
      expect(error.planHash).toBe((await fixture.preview()).planHash);
      expect(await fixture.stateOf(await fixture.push({ planHash: String(error.planHash) }))).toBe('RUNNING');
    });

    test('that is outdated by receipts is not sent', async () => {
      const { planHash } = await fixture.preview();
      await fixture.pushed({ selection: { iterationIds: ['2'], strategyIds: null } });
      expect(await refused(fixture.push({ planHash }))).toMatchObject({ code: 'PLAN_CHANGED' });
    });

    test('has the reason of a refusal, and how to override it', async () => {
      fixture.warehouse.build(1, fixture.warehouse.rows, { mirrorRefreshedAt: null });
      const { findings, refusal } = await fixture.preview();
      expect(findings.map(({ guard }) => guard)).toEqual(['MIRROR_TOO_OLD']);
      expect(refusal).toMatch(/MIRROR_STALE_AFTER_MINUTES.*override: \{reason/);
    });
  });

  describe('a dry run', () => {
    test('does not block the ledger while it plans', async () => {
      fixture.warehouse.build(
        1,
        ['1', '2', '3', '4', '5'].map((id) => iteration(id, 1, 1)),
      );
      const running = await fixture.push();
      let looks = 0;
      fixture.warehouse.onPage = async () => {
        looks += 1;
        expect(await fixture.stateOf(running)).toBe('RUNNING');
      };
      const dry = await fixture.push({ dryRun: true });
      expect(looks).toBe(3);
      expect(await fixture.sentBy(dry)).toHaveLength(5);
      expect(await fixture.stateOf(dry)).toBe('SUCCEEDED');
    });

    test('with more rows than are kept in memory is recorded, with all of them', async () => {
      const own = new PushFixture(fixture.ledger, new TestWarehouse(1_000));
      const rows = Array.from({ length: 10_001 }, (_, index) => iteration(String(index + 1), 1));
      own.warehouse.build(1, rows);
      const dry = await own.push({ dryRun: true });
      expect(await own.ledger.ledger.find(dry)).toMatchObject({
        ...{ state: 'SUCCEEDED', totals: { changed: rows.length }, counts: { planned: rows.length } },
      });
      expect(await own.sentBy(dry)).not.toEqual([]);
    });
  });

  describe('a build that changes', () => {
    beforeEach(() =>
      fixture.warehouse.build(
        1,
        ['1', '2', '3', '4', '5'].map((id) => iteration(id, 1, 1)),
      ),
    );

    test('is planned again, and nothing of the first attempt is sent', async () => {
      fixture.warehouse.onPage = () => {
        fixture.warehouse.onPage = () => {};
        fixture.warehouse.build(2, [iteration('1', 7, 1)]);
      };
      const runId = await fixture.push();
      expect(await fixture.sentBy(runId)).toEqual([['1', 2, 7, 1]]);
      expect((await fixture.ledger.ledger.find(runId))?.build).toMatchObject({
        id: 'build-2',
        version: 2,
        conversions: 1,
      });
    });

    test('is an error after three attempts, and nothing is recorded', async () => {
      let number = 1;
      fixture.warehouse.onPage = () => {
        number += 1;
        fixture.warehouse.build(number, fixture.warehouse.rows);
      };
      expect(await refused(fixture.push({ idempotencyKey: 'k' }))).toMatchObject({
        code: 'BUILD_UNDER_WAY',
        http: { status: 503 },
      });
      expect(await refused(fixture.preview())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
      fixture.warehouse.onPage = () => {};
      expect(await fixture.sentBy(await fixture.push({ idempotencyKey: 'k' }))).toHaveLength(5);
    });

    test('or whose tables already belong to another build, is not sent', async () => {
      fixture.warehouse.rows = fixture.warehouse.rows.slice(1);
      expect(await refused(fixture.push())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
      expect(await refused(fixture.preview())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
    });
  });

  test('a lower build number is refused, with or without an override: AdSuite would treat every row as stale', async () => {
    fixture.warehouse.build(7, [iteration('1', 1)]);
    await fixture.pushed();
    for (const move of [
      () => fixture.warehouse.build(6, [iteration('1', 2)]),
      () => fixture.warehouse.build(7, [iteration('1', 2)], { id: 'another' }),
    ]) {
      move();
      const error = await refused(fixture.push({ override: { reason: 'a test' } }));
      expect(error).toMatchObject({ code: 'BUILD_NUMBER_FELL', http: { status: 409 } });
      expect(await refused(fixture.preview())).toMatchObject({ code: 'BUILD_NUMBER_FELL' });
    }
    fixture.warehouse.build(8, [iteration('1', 2)]);
    expect(await fixture.stateOf(await fixture.push())).toBe('RUNNING');
  });

  test('before the first build there is nothing to push', async () => {
    expect(await refused(fixture.push())).toMatchObject({ code: 'WAREHOUSE_UNAVAILABLE' });
  });

  test('a warehouse that fails while planning does not block later pushes', async () => {
    fixture.warehouse.build(1, [iteration('1', 1), iteration('2', 1), iteration('3', 1)]);
    fixture.warehouse.onPage = () => {
      throw new Error('the connection broke');
    };
    expect((await refused(fixture.push({ idempotencyKey: 'k' }))).message).toBe('the connection broke');
    fixture.warehouse.onPage = () => {};
    expect(await fixture.sentBy(await fixture.push({ idempotencyKey: 'k' }))).toHaveLength(3);
  });
}

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
    // A worker reports its end.
    expect(fixture.nudges).toBe(2);

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
          const drift = await pushDrift(own.warehouse.source, ledger, () => paged(receipts, 2), everything, {
            first: 10,
            after: null,
          });
          expect(drift.rows).toEqual([]);
          await own.ledger.close();
        },
      ),
      { numRuns: proofs(12, 4) },
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
      ['of iterations', { iterationIds: ['3', '1'], strategyIds: null }, ['1', '3']],
      ['of strategies', { iterationIds: null, strategyIds: ['1'] }, ['1', '2']],
      ['of both is the iterations', { iterationIds: ['3', '1'], strategyIds: ['2', '1'] }, ['1', '3']],
      ['of iterations in no strategy', { iterationIds: ['1'], strategyIds: [] }, []],
      ['of none', { iterationIds: [], strategyIds: null }, []],
    ])('%s', async (_, selection, ids) => {
      expect((await fixture.sentBy(await fixture.push({ selection }))).map(([id]) => id)).toEqual(ids);
    });

    test.each([
      ['an iteration', { iterationIds: ['1', '77', '5'], strategyIds: null }, 'iterationIds', 'iterations 5, 77.'],
      ['a strategy', { iterationIds: null, strategyIds: ['1', '8'] }, 'strategyIds', 'strategy 8.'],
      [
        'an iteration of a strategy',
        { iterationIds: ['1', '77'], strategyIds: ['1'] },
        'iterationIds',
        'iteration 77.',
      ],
      [
        'many',
        { iterationIds: Array.from({ length: 30 }, (_, index) => `${index + 50}`), strategyIds: null },
        'iterationIds',
        'iterations 50, 51, 52, 53, 54, 55, 56, 57, 58, 59 and 20 more.',
      ],
    ])('of %s that does not exist is refused, and nothing is recorded', async (_, selection, field, what) => {
      for (const dryRun of [false, true]) {
        await expect(fixture.push({ selection, dryRun, idempotencyKey: 'k' })).rejects.toThrow(
          `${field}: neither the build nor a receipt has ${what}`,
        );
      }
      expect(await fixture.ledger.ledger.known('k')).toBeNull();
    });

    test('of an id that exists, but selects nothing, is not', async () => {
      await fixture.pushed();
      fixture.warehouse.build(2, [iteration('1', 1), iteration('3', 2, 0, moved)]);
      fixture.warehouse.emptyStrategies = ['9'];
      // 2 is gone, 9 has no iterations, 3 belongs to strategy 2.
      expect(
        await fixture.sentBy(await fixture.pushed({ selection: { iterationIds: ['2'], strategyIds: null } })),
      ).toEqual([['2', 2, 0, 0]]);
      for (const selection of [
        { iterationIds: null, strategyIds: ['9'] },
        { iterationIds: [], strategyIds: ['9'] },
      ]) {
        expect(await fixture.sentBy(await fixture.push({ selection }))).toEqual([]);
      }
    });

    test.each([
      ['the strategy', ['3', '1'], ['1'], 'iteration 3 is not in strategy 1.'],
      ['the strategies', ['3', '2'], ['9', '1'], 'iteration 3 is in none of the strategyIds.'],
      ['a strategy without iterations', ['3', '2'], ['9'], 'iterations 2, 3 are not in strategy 9.'],
    ])(
      'of an iteration that is not in %s is refused, and nothing is recorded',
      async (_, iterationIds, strategyIds, what) => {
        fixture.warehouse.emptyStrategies = ['9'];
        const selection = { iterationIds, strategyIds };
        await expect(fixture.push({ selection, idempotencyKey: 'k' })).rejects.toThrow(`iterationIds: ${what}`);
        expect(await fixture.ledger.ledger.known('k')).toBeNull();
      },
    );

    test('of a moved iteration and its former strategy is refused', async () => {
      await fixture.pushed();
      fixture.warehouse.build(2, [iteration('1', 1), iteration('2', 1, 0, moved)]);
      const selection = { iterationIds: ['2'], strategyIds: ['1'] };
      await expect(fixture.push({ selection })).rejects.toThrow('iterationIds: iteration 2 is not in strategy 1.');
    });

    test('of several iterations in other strategies is refused, and names them in the order of numbers', async () => {
      fixture.warehouse.build(2, [iteration('9', 1, 0, moved), iteration('10', 1, 0, moved)]);
      fixture.warehouse.emptyStrategies = ['1'];
      const selection = { iterationIds: ['10', '9'], strategyIds: ['1'] };
      await expect(fixture.push({ selection })).rejects.toThrow('iterations 9, 10 are not in strategy 1.');
    });

    test('of an iteration that is gone and another strategy is refused: its receipt has its strategy', async () => {
      await fixture.pushed();
      fixture.warehouse.build(2, [iteration('1', 1)]);
      fixture.warehouse.emptyStrategies = ['9'];
      const selection = { iterationIds: ['2'], strategyIds: ['9'] };
      await expect(fixture.push({ selection })).rejects.toThrow('iterationIds: iteration 2 is not in strategy 9.');
    });

    test.each(['a push', 'drift'])(
      'of an id that exists is not refused while another build replaces the tables: %s',
      async (what) => {
        const selection = { iterationIds: ['3'], strategyIds: null };
        const { rows } = fixture.warehouse;
        let reads = 0;
        // The table is empty when the ids are looked for, and full in the next attempt.
        const { metrics } = fixture.warehouse.source;
        fixture.warehouse.source.metrics = (selected, build) => {
          reads += 1;
          fixture.warehouse.rows = reads <= 2 ? [] : rows;
          if (reads === 1) fixture.warehouse.newest = buildOf(2, rows);
          return metrics(selected, build);
        };
        if (what === 'a push')
          expect(await fixture.sentBy(await fixture.push({ selection }))).toEqual([['3', 2, 1, 0]]);
        else {
          const { ledger } = fixture.ledger;
          const report = await pushDrift(fixture.warehouse.source, ledger, () => paged([], 2), selection, {
            first: 10,
            after: null,
          });
          expect(report).toMatchObject({ compared: 1, build: { version: 2 } });
        }
      },
    );

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

/** Refusals, overrides and dry runs. */
export function describeGuards(open: () => Promise<TestLedger>): void {
  let fixture: PushFixture;
  beforeEach(async () => {
    fixture = new PushFixture(await open());
  });
  afterEach(() => fixture.ledger.close());

  describe('a guard', () => {
    beforeEach(async () => {
      fixture.warehouse.build(1, [iteration('1', 9, 400), iteration('2', 9, 100)]);
      await fixture.pushed();
      fixture.warehouse.build(2, [iteration('1', 9, 400), iteration('2', 9, 10)]);
    });

    test('refuses: the run sends nothing, and has the reason and the rows that it would have sent', async () => {
      const plan = await fixture.preview();
      const runId = await fixture.push();
      expect(await fixture.stateOf(runId)).toBe('REFUSED');
      expect(await fixture.guardsOf(runId)).toEqual(['TOTAL_JUMPED', 'ITERATION_SHRANK']);
      expect(await fixture.ledger.rowsOf(runId)).toMatchObject(
        plan.rows.map(({ iterationId, new: values }) => ({ iterationId, new: values, state: 'PENDING' })),
      );
      // A worker reports its end.
      expect(fixture.nudges).toBe(2);
      expect((await fixture.ledger.ledger.previous())?.conversions).toBe(500);
    });

    test('can be overridden with a reason, and its findings stay with the run', async () => {
      const runId = await fixture.push({ override: { reason: 'fraud was taken out' } });
      expect(await fixture.stateOf(runId)).toBe('RUNNING');
      expect(await fixture.guardsOf(runId)).toEqual(['TOTAL_JUMPED', 'ITERATION_SHRANK']);
      await fixture.ledger.deliver(runId);
      expect((await fixture.preview()).comparedWith).toContain(`push ${runId} (build 2)`);
      expect((await fixture.preview()).findings).toEqual([]);
    });

    test('refuses failed and missing data-quality checks, even without a previous push', async () => {
      fixture.warehouse.build(2, [iteration('1', 9, 400), iteration('2', 9, 100)]);
      expect(await fixture.guardsOf(await fixture.push())).toEqual([]);
      const subjects = [{ id: '7', detail: null }];
      fixture.warehouse.quality = soundQuality.map((each) =>
        each.check === 'ITERATION_GONE' ? { ...each, count: 1, subjects } : each,
      );
      const runId = await fixture.push();
      expect(await fixture.stateOf(runId)).toBe('REFUSED');
      expect(await fixture.ledger.findingsOf(runId)).toMatchObject([{ guard: 'DATA_QUALITY', iterationId: '7' }]);
      fixture.warehouse.quality = null;
      expect(await fixture.guardsOf(await fixture.push())).toEqual(['DATA_QUALITY']);
    });

    test('refuses an edited created_at until it is pushed', async () => {
      const edited = iteration('2', 9, 100, { createdAt: '2026-01-01T00:00:00.000001Z' });
      fixture.warehouse.build(2, [iteration('1', 9, 400), edited]);
      const runId = await fixture.push();
      expect(await fixture.guardsOf(runId)).toEqual(['CREATED_AT_EDITED']);
      expect(await fixture.stateOf(runId)).toBe('REFUSED');
      await fixture.pushed({ override: { reason: 'known' } });
      expect((await fixture.preview()).findings).toEqual([]);
    });
  });

  describe('an iteration that loses a little with each push', () => {
    let version = 0;
    /** A build in which iteration 2 has this number of conversions. */
    const build = (conversions: number) => {
      version += 1;
      fixture.warehouse.build(version, [iteration('1', 9, 10_000), iteration('2', 9, conversions)]);
    };
    const override = { reason: 'fraud was taken out' };

    beforeEach(async () => {
      version = 0;
      for (const conversions of [400, 300, 201]) {
        build(conversions);
        const runId = await fixture.pushed();
        expect(await fixture.guardsOf(runId)).toEqual([]);
      }
    });

    test('is found when it has lost too much of the most that AdSuite accepted', async () => {
      build(200);
      expect((await fixture.preview()).findings).toEqual([]);
      build(199);
      const runId = await fixture.push();
      expect(await fixture.stateOf(runId)).toBe('REFUSED');
      expect(await fixture.ledger.findingsOf(runId)).toMatchObject([
        {
          ...{ guard: 'ITERATION_SHRANK', iterationId: '2' },
          message: expect.stringMatching(
            /from 201 conversions to 199\. The most that AdSuite has accepted is 400\. The limit/,
          ),
        },
      ]);
    });

    test('is not found again after an override, until it has lost too much of what remained', async () => {
      build(199);
      await fixture.pushed({ override });
      build(100);
      expect(await fixture.guardsOf(await fixture.pushed())).toEqual([]);
      build(99);
      expect(await fixture.guardsOf(await fixture.push())).toEqual(['ITERATION_SHRANK']);
    });

    test('is found even if another finding was overridden in between', async () => {
      build(200);
      fixture.warehouse.newest = fixture.warehouse.newest && { ...fixture.warehouse.newest, mirrorRefreshedAt: null };
      const runId = await fixture.pushed({ override });
      expect(await fixture.guardsOf(runId)).toEqual(['MIRROR_TOO_OLD']);
      build(199);
      expect(await fixture.guardsOf(await fixture.push())).toEqual(['ITERATION_SHRANK']);
    });

    test('keeps its peak if ITERATION_SHRANK of another iteration was overridden in between', async () => {
      // Iteration 2 has lost exactly 50 % of 400, which is not reported; the override is of iteration 1.
      fixture.warehouse.build(++version, [iteration('1', 9, 4_000), iteration('2', 9, 200)]);
      const runId = await fixture.pushed({ override });
      expect((await fixture.ledger.findingsOf(runId)).map(({ guard, iterationId }) => [guard, iterationId])).toEqual([
        ['TOTAL_JUMPED', null],
        ['ITERATION_SHRANK', '1'],
      ]);
      fixture.warehouse.build(++version, [iteration('1', 9, 2_000), iteration('2', 9, 199)]);
      const next = await fixture.push();
      expect((await fixture.ledger.findingsOf(next)).map(({ guard, iterationId }) => [guard, iterationId])).toEqual([
        ['TOTAL_JUMPED', null],
        ['ITERATION_SHRANK', '2'],
      ]);
    });

    test('keeps its override when the run is retried, also twice', async () => {
      build(199);
      let runId = await fixture.push({ override });
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        await fixture.ledger.deliver(runId, ({ iterationId }) => (iterationId === '2' ? 'REJECTED' : 'ACCEPTED'));
        runId = await fixture.retry(runId);
      }
      await fixture.ledger.deliver(runId);
      build(100);
      expect((await fixture.preview()).findings).toEqual([]);
    });

    test('may grow again, and is compared with the new peak', async () => {
      build(199);
      await fixture.pushed({ override });
      build(210);
      await fixture.pushed();
      build(205);
      expect((await fixture.preview()).findings).toEqual([]);
      build(104);
      expect((await fixture.preview()).findings.map(({ guard }) => guard)).toEqual(['ITERATION_SHRANK']);
    });
  });

  describe('a dry run', () => {
    beforeEach(() => fixture.warehouse.build(1, [iteration('1', 1)]));

    test('is a finished run with its plan, and sends nothing', async () => {
      const runId = await fixture.push({ dryRun: true });
      expect(await fixture.ledger.ledger.find(runId)).toMatchObject({ state: 'SUCCEEDED', isDryRun: true });
      expect((await fixture.ledger.rowsOf(runId)).map(({ state }) => state)).toEqual(['PENDING']);
      expect(fixture.nudges).toBe(0);
      expect(await fixture.ledger.ledger.previous()).toBeNull();
    });

    test('does not block a push, and is not blocked by one', async () => {
      await fixture.push({ dryRun: true });
      const running = await fixture.push();
      expect(await fixture.stateOf(running)).toBe('RUNNING');
      expect(await fixture.stateOf(await fixture.push({ dryRun: true }))).toBe('SUCCEEDED');
    });

    test('has the findings of the guards, and is not refused', async () => {
      fixture.warehouse.build(1, fixture.warehouse.rows, { mirrorRefreshedAt: null });
      const runId = await fixture.push({ dryRun: true });
      expect(await fixture.stateOf(runId)).toBe('SUCCEEDED');
      expect((await fixture.ledger.findingsOf(runId)).map(({ guard }) => guard)).toEqual(['MIRROR_TOO_OLD']);
    });
  });
}

/** Planning, recording, retrying and cancelling, on whatever keeps the ledger; `open` makes an empty one. */
export function describePushService(name: string, open: () => Promise<TestLedger>): void {
  describe(`pushing over ${name}`, () => {
    describeSending(open);
    describePlanning(open);
    describeGuards(open);
    describeGone(open);
    describeRuns(open);
  });
}
