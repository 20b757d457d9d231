import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestLedger } from '../memory-ledger.ts';
import { TestWarehouse } from '../push-worlds.ts';
import { everything, iteration, PushFixture, refused } from './fixture.ts';

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
      expect(plan.rows.map(({ iterationId, old, new: values }) => ({ iterationId, old, new: values }))).toEqual(rows);
      expect(await fixture.ledger.ledger.find(runId)).toMatchObject({ planHash: plan.planHash, totals: plan.totals });
    });

    test('is not recorded', async () => {
      await fixture.preview();
      expect(await fixture.ledger.ledger.previous()).toBeNull();
      expect(await fixture.stateOf(await fixture.push())).toBe('RUNNING');
    });

    test('returns the requested number of rows, and counts all', async () => {
      for (const count of [0, 1, 2, 3, 10]) {
        const { rows, totals } = await fixture.preview(everything, count);
        expect(rows.map((row) => row.iterationId)).toEqual(['1', '2', '3'].slice(0, count));
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

    test('with more rows than are kept in memory is recorded', async () => {
      const own = new PushFixture(fixture.ledger, new TestWarehouse(1_000));
      const rows = Array.from({ length: 10_001 }, (_, index) => iteration(String(index + 1), 1));
      own.warehouse.build(1, rows);
      const dry = await own.push({ dryRun: true });
      expect(await own.ledger.ledger.find(dry)).toMatchObject({ state: 'SUCCEEDED', totals: { changed: rows.length } });
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
