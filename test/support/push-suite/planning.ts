import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestLedger } from '../memory-ledger.ts';
import { TestWarehouse } from '../push-worlds.ts';
import { everything, iteration, PushFixture, refused } from './fixture.ts';

/** Plans, and builds that do not hold still while they are planned. */
export function describePlanning(open: () => Promise<TestLedger>): void {
  let fixture: PushFixture;
  beforeEach(async () => {
    fixture = new PushFixture(await open());
  });
  afterEach(() => fixture.ledger.close());

  describe('a plan', () => {
    beforeEach(() => fixture.warehouse.build(1, [iteration('1', 1), iteration('2', 1, 1), iteration('3', 1)]));

    test('is what the push with its hash sends', async () => {
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

    test('is recorded nowhere', async () => {
      await fixture.preview();
      expect(await fixture.ledger.ledger.previous()).toBeNull();
      expect(await fixture.stateOf(await fixture.push())).toBe('RUNNING');
    });

    test('shows as many rows as asked for, and counts all', async () => {
      for (const count of [0, 1, 2, 3, 10]) {
        const { rows, totals } = await fixture.preview(everything, count);
        expect(rows.map((row) => row.iterationId)).toEqual(['1', '2', '3'].slice(0, count));
        expect(totals.changed).toBe(3);
      }
    });

    test.each([
      ['a build', () => fixture.warehouse.build(2, fixture.warehouse.rows)],
      ['a value', () => fixture.warehouse.build(1, [iteration('1', 2), ...fixture.warehouse.rows.slice(1)])],
    ])('that is overtaken by %s is not sent', async (_, move) => {
      const { planHash } = await fixture.preview();
      move();
      const error = await refused(fixture.push({ planHash }));
      expect(error).toMatchObject({ code: 'PLAN_CHANGED', http: { status: 409 } });
      expect(error.planHash).toBe((await fixture.preview()).planHash);
      expect(await fixture.stateOf(await fixture.push({ planHash: String(error.planHash) }))).toBe('RUNNING');
    });

    test('that is overtaken by receipts is not sent', async () => {
      const { planHash } = await fixture.preview();
      await fixture.pushed({ selection: { iterationIds: ['2'], strategyIds: null } });
      expect(await refused(fixture.push({ planHash }))).toMatchObject({ code: 'PLAN_CHANGED' });
    });

    test('says why a push would be refused, and what overrides it', async () => {
      fixture.warehouse.build(1, fixture.warehouse.rows, { mirrorRefreshedAt: null });
      const { findings, refusal } = await fixture.preview();
      expect(findings.map(({ guard }) => guard)).toEqual(['MIRROR_TOO_OLD']);
      expect(refusal).toMatch(/MIRROR_STALE_AFTER_MINUTES.*override: \{reason/);
    });
  });

  describe('a dry run', () => {
    test('keeps nobody from the ledger while it plans', async () => {
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

    test('of more rows than are kept in memory is recorded all the same', async () => {
      const own = new PushFixture(fixture.ledger, new TestWarehouse(1_000));
      const rows = Array.from({ length: 10_001 }, (_, index) => iteration(String(index + 1), 1));
      own.warehouse.build(1, rows);
      const dry = await own.push({ dryRun: true });
      expect(await own.ledger.ledger.find(dry)).toMatchObject({ state: 'SUCCEEDED', totals: { changed: rows.length } });
      expect(await own.sentBy(dry)).not.toEqual([]);
    });
  });

  describe('a build that does not hold still', () => {
    beforeEach(() =>
      fixture.warehouse.build(
        1,
        ['1', '2', '3', '4', '5'].map((id) => iteration(id, 1, 1)),
      ),
    );

    test('is planned anew, and nothing of the first attempt is sent', async () => {
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

    test('is given up after three attempts, and nothing stays of them', async () => {
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

    test('or whose tables are another build already, is not sent', async () => {
      fixture.warehouse.rows = fixture.warehouse.rows.slice(1);
      expect(await refused(fixture.push())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
      expect(await refused(fixture.preview())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
    });
  });

  test('builds that are numbered anew are not sent, as AdSuite would call every row stale; override or not', async () => {
    fixture.warehouse.build(7, [iteration('1', 1)]);
    await fixture.pushed();
    for (const move of [
      () => fixture.warehouse.build(6, [iteration('1', 2)]),
      () => fixture.warehouse.build(7, [iteration('1', 2)], { id: 'another' }),
    ]) {
      move();
      const error = await refused(fixture.push({ override: { reason: 'all the same' } }));
      expect(error).toMatchObject({ code: 'BUILD_NUMBER_FELL', http: { status: 409 } });
      expect(await refused(fixture.preview())).toMatchObject({ code: 'BUILD_NUMBER_FELL' });
    }
    fixture.warehouse.build(8, [iteration('1', 2)]);
    expect(await fixture.stateOf(await fixture.push())).toBe('RUNNING');
  });

  test('before the first build there is nothing to push', async () => {
    expect(await refused(fixture.push())).toMatchObject({ code: 'WAREHOUSE_UNAVAILABLE' });
  });

  test('a warehouse that fails in the middle leaves nothing in the way', async () => {
    fixture.warehouse.build(1, [iteration('1', 1), iteration('2', 1), iteration('3', 1)]);
    fixture.warehouse.onPage = () => {
      throw new Error('the connection broke');
    };
    expect((await refused(fixture.push({ idempotencyKey: 'k' }))).message).toBe('the connection broke');
    fixture.warehouse.onPage = () => {};
    expect(await fixture.sentBy(await fixture.push({ idempotencyKey: 'k' }))).toHaveLength(3);
  });
}
