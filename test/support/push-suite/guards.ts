import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestLedger } from '../memory-ledger.ts';
import { soundQuality } from '../quality.ts';
import { iteration, PushFixture } from './fixture.ts';

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

    test('refuses: the run sends nothing and has the reason', async () => {
      const runId = await fixture.push();
      expect(await fixture.stateOf(runId)).toBe('REFUSED');
      expect(await fixture.guardsOf(runId)).toEqual(['TOTAL_JUMPED', 'ITERATION_SHRANK']);
      expect(await fixture.sentBy(runId)).toEqual([]);
      expect(fixture.nudges).toBe(1);
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
