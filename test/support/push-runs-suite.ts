import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultGuardLimits } from '../../src/config/push.ts';
import { type PlanPage, previewPush } from '../../src/push/plan/preview.ts';
import type { PushInput, RetryInput } from '../../src/push/record/input.ts';
import { createPushService, type PushServiceOptions } from '../../src/push/record/service.ts';
import type { BuiltIteration, PushSelection, RunState } from '../../src/push/types.ts';
import { ManualClock, type TestLedger, TestWarehouse } from './push-doubles.ts';

export const everything: PushSelection = { iterationIds: null, strategyIds: null };
export const caller = { requestedBy: 'unauthenticated', isVerified: false, note: null, waitSeconds: 0 };

/** An iteration with these clicks and conversions. */
export function iteration(
  iterationId: string,
  clicks: number,
  conversions = 0,
  rest: Partial<BuiltIteration> = {},
): BuiltIteration {
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

/** The push service with a ledger, a warehouse that the test fills, and a clock that it moves. */
export class PushFixture {
  readonly clock = new ManualClock(new Date('2026-03-01T00:00:00Z'));
  readonly options: PushServiceOptions;
  readonly service;
  /** How often the worker was nudged. */
  nudges = 0;

  constructor(
    readonly ledger: TestLedger,
    readonly warehouse = new TestWarehouse(),
  ) {
    this.options = {
      ...{ source: this.warehouse.source, ledger: ledger.ledger, clock: this.clock },
      limits: { ...defaultGuardLimits, buildMinutes: 60, mirrorMinutes: 60 },
      nudge: () => {
        this.nudges += 1;
      },
    };
    this.service = createPushService(this.options);
  }

  async push(rest: Partial<PushInput> = {}): Promise<string> {
    const run = await this.service.push({
      ...{ selection: everything, planHash: null, dryRun: false, override: null, idempotencyKey: null, ...caller },
      ...rest,
    });
    return run.id;
  }

  async retry(runId: string, input: RetryInput = { ...caller, idempotencyKey: null }): Promise<string> {
    return (await this.service.retry(runId, input)).id;
  }

  async cancel(runId: string, waitSeconds: number): Promise<string> {
    return (await this.service.cancel(runId, { ...caller, waitSeconds })).id;
  }

  /** A push whose rows AdSuite all accepts. */
  async pushed(rest: Partial<PushInput> = {}): Promise<string> {
    const runId = await this.push(rest);
    await this.ledger.deliver(runId);
    return runId;
  }

  preview(selection = everything, first = 10, after: PlanPage['after'] = null) {
    return previewPush(this.options, selection, { first, after });
  }

  async stateOf(runId: string): Promise<RunState | undefined> {
    return (await this.ledger.ledger.find(runId))?.state;
  }

  /** The rows of a run: id, version, clicks, conversions. */
  async sentBy(runId: string) {
    const rows = await this.ledger.rowsOf(runId);
    return rows.map((row) => [row.iterationId, row.version, row.new.clicks, row.new.conversions]);
  }

  async guardsOf(runId: string): Promise<string[]> {
    return (await this.ledger.findingsOf(runId)).map(({ guard }) => guard);
  }
}

/** The error that `work` ends with, as a client sees it. */
export async function refused(work: Promise<unknown>): Promise<Record<string, unknown> & { message: string }> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (reason) => reason,
  );
  return { message: error.message, ...error.extensions };
}

/** Recorded runs: idempotency keys, retries, cancellation, waiting. */
export function describeRuns(open: () => Promise<TestLedger>): void {
  let fixture: PushFixture;
  beforeEach(async () => {
    fixture = new PushFixture(await open());
  });
  afterEach(() => fixture.ledger.close());

  describe('an idempotency key', () => {
    beforeEach(() => fixture.warehouse.build(1, [iteration('1', 1), iteration('2', 1)]));

    test('with the same input is the same run, before and after its end', async () => {
      const selection = { iterationIds: ['1', '2'], strategyIds: null };
      const first = await fixture.push({ idempotencyKey: 'k', selection });
      const again = {
        idempotencyKey: 'k',
        selection: { ...selection, iterationIds: ['2', '1', '2'] },
        requestedBy: 'me',
        isVerified: false,
        note: null,
      };
      expect(await fixture.push(again)).toBe(first);
      await fixture.ledger.deliver(first);
      fixture.warehouse.build(2, [iteration('1', 2)]);
      expect(await fixture.push({ ...again, waitSeconds: 5 })).toBe(first);
      expect(fixture.nudges).toBe(1);
    });

    test.each([
      ['selection', { selection: { iterationIds: ['1'], strategyIds: null } }],
      ['planHash', { planHash: 'other' }],
      ['dryRun', { dryRun: true }],
      ['override', { override: { reason: 'other' } }],
    ])('with another %s is refused, and names the run', async (_, other) => {
      const first = await fixture.push({ idempotencyKey: 'k' });
      const error = await refused(fixture.push({ idempotencyKey: 'k', ...other }));
      expect(error).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', runId: first, http: { status: 409 } });
    });

    test('with another reason for the override is refused', async () => {
      const first = await fixture.push({ idempotencyKey: 'k', override: { reason: 'tested' } });
      expect(await fixture.push({ idempotencyKey: 'k', override: { reason: 'tested' } })).toBe(first);
      const error = await refused(fixture.push({ idempotencyKey: 'k', override: { reason: 'tested again' } }));
      expect(error).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', runId: first });
    });

    test('used several times concurrently is one run', async () => {
      const runIds = await Promise.all(Array.from({ length: 5 }, () => fixture.push({ idempotencyKey: 'k' })));
      expect(new Set(runIds).size).toBe(1);
      expect(fixture.nudges).toBe(1);
      expect(await fixture.sentBy(runIds[0] ?? '')).toHaveLength(2);
    });

    test('that is known needs neither a stable build nor a warehouse', async () => {
      fixture.warehouse.build(1, [iteration('1', 1, 1)]);
      const first = await fixture.push({ idempotencyKey: 'k' });
      fixture.warehouse.rows = [];
      expect(await refused(fixture.preview())).toMatchObject({ code: 'BUILD_UNDER_WAY' });
      expect(await fixture.push({ idempotencyKey: 'k' })).toBe(first);
      fixture.warehouse.newest = null;
      expect(await fixture.push({ idempotencyKey: 'k' })).toBe(first);
      expect(await refused(fixture.push({ idempotencyKey: 'k', dryRun: true }))).toMatchObject({
        ...{ code: 'IDEMPOTENCY_KEY_REUSED', runId: first },
      });
    });

    test('of a failed push can be used again', async () => {
      expect(await refused(fixture.push({ idempotencyKey: 'k', planHash: 'x' }))).toMatchObject({
        code: 'PLAN_CHANGED',
      });
      expect(await fixture.stateOf(await fixture.push({ idempotencyKey: 'k' }))).toBe('RUNNING');
    });
  });

  test('of several concurrent pushes one is recorded, and the others get its id', async () => {
    fixture.warehouse.build(1, [iteration('1', 1)]);
    const ends = await Promise.all(
      Array.from({ length: 5 }, (_, at) => fixture.push({ idempotencyKey: `k${at}` }).catch((error) => error)),
    );
    const runIds = ends.filter((end) => typeof end === 'string');
    expect(runIds).toHaveLength(1);
    const others = ends.filter((end) => typeof end !== 'string').map((error) => error.extensions);
    expect(others).toEqual(new Array(4).fill(expect.objectContaining({ code: 'PUSH_IN_PROGRESS', runId: runIds[0] })));
  });

  describe('retrying', () => {
    beforeEach(() =>
      fixture.warehouse.build(1, [iteration('1', 1), iteration('2', 2), iteration('3', 3), iteration('4', 4)]),
    );

    test('sends what was not accepted, as it was recorded', async () => {
      const first = await fixture.push();
      await fixture.ledger.deliver(first, ({ iterationId: id }) =>
        id === '1' ? 'ACCEPTED' : id === '2' ? 'REJECTED' : id === '3' ? 'UNKNOWN' : 'STALE',
      );
      expect(await fixture.stateOf(first)).toBe('PARTIAL');
      fixture.warehouse.build(2, [iteration('1', 7), iteration('2', 7)]);
      const again = await fixture.retry(first);
      expect(fixture.nudges).toBe(2);
      expect(await fixture.sentBy(again)).toEqual([
        ['2', 1, 2, 0],
        ['3', 1, 3, 0],
      ]);
      expect(await fixture.ledger.ledger.find(again)).toMatchObject({
        ...{ state: 'RUNNING', build: { id: 'build-1' }, totals: { changed: 2 } },
      });
      expect(await refused(fixture.retry(again))).toMatchObject({
        code: 'PUSH_IN_PROGRESS',
        runId: again,
      });
      await fixture.ledger.deliver(again);
      expect(await refused(fixture.retry(again))).toMatchObject({
        code: 'NOTHING_TO_RETRY',
        http: { status: 409 },
      });
    });

    test('is refused while another push is in progress', async () => {
      const first = await fixture.push();
      await fixture.ledger.deliver(first, () => 'REJECTED');
      const other = await fixture.push();
      expect(await refused(fixture.retry(first))).toMatchObject({
        code: 'PUSH_IN_PROGRESS',
        runId: other,
      });
    });

    test('of a dry run or a refused run has nothing to send', async () => {
      const dry = await fixture.push({ dryRun: true });
      expect((await refused(fixture.retry(dry))).message).toContain('it was a dry run');
      fixture.warehouse.build(1, fixture.warehouse.rows, { mirrorRefreshedAt: null });
      const guarded = await fixture.push();
      expect((await refused(fixture.retry(guarded))).message).toContain('it was refused');
    });

    test('under a key is one retry, before and after its end; the key is refused for other runs and pushes', async () => {
      const first = await fixture.push({ idempotencyKey: 'push' });
      await fixture.ledger.deliver(first, ({ iterationId: id }) => (id === '1' ? 'ACCEPTED' : 'REJECTED'));
      const again = { ...caller, idempotencyKey: 'k' };
      const retried = await fixture.retry(first, again);
      // Without a key it would fail with PUSH_IN_PROGRESS.
      expect(await fixture.retry(first, { ...again, requestedBy: 'me' })).toBe(retried);
      await fixture.ledger.deliver(retried, () => 'REJECTED');
      expect(await fixture.retry(first, again)).toBe(retried);
      expect(fixture.nudges).toBe(2);
      for (const reused of [
        () => fixture.retry(retried, again),
        () => fixture.push({ idempotencyKey: 'k' }),
        () => fixture.retry(retried, { ...caller, idempotencyKey: 'push' }),
      ]) {
        expect(await refused(reused())).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', http: { status: 409 } });
      }
      expect(await fixture.retry(retried, { ...caller, idempotencyKey: 'other' })).not.toBe(retried);
    });

    test('of an unknown run is not found', async () => {
      const unknown = '0198c1d2-7a54-4cc3-98c4-dc0c0c07398f';
      expect(await refused(fixture.retry(unknown))).toMatchObject({
        code: 'PUSH_NOT_FOUND',
        http: { status: 404 },
      });
      expect(await refused(fixture.cancel(unknown, 0))).toMatchObject({ code: 'PUSH_NOT_FOUND' });
    });
  });

  describe('cancelling', () => {
    beforeEach(() => fixture.warehouse.build(1, [iteration('1', 1)]));

    test('nudges the worker, and waits for the end', async () => {
      const runId = await fixture.push();
      fixture.clock.meanwhile = async () => {
        if ((await fixture.stateOf(runId)) === 'RUNNING') await fixture.ledger.deliver(runId);
      };
      expect(await fixture.cancel(runId, 20)).toBe(runId);
      expect(fixture.nudges).toBe(2);
      expect(await fixture.stateOf(runId)).toBe('CANCELLED');
      expect((await fixture.ledger.rowsOf(runId)).map(({ state }) => state)).toEqual(['PENDING']);
    });

    test('a finished run does not change it', async () => {
      const runId = await fixture.pushed();
      expect(await fixture.cancel(runId, 20)).toBe(runId);
      expect(await fixture.stateOf(runId)).toBe('SUCCEEDED');
      expect(fixture.nudges).toBe(1);
    });
  });

  describe('waiting', () => {
    beforeEach(() => fixture.warehouse.build(1, [iteration('1', 1)]));

    test('ends with the run', async () => {
      fixture.clock.meanwhile = async () => {
        const running = await refused(fixture.push());
        if (fixture.clock.now() >= 3000 && running.runId) await fixture.ledger.deliver(String(running.runId));
      };
      const runId = await fixture.push({ waitSeconds: 120 });
      expect(await fixture.stateOf(runId)).toBe('SUCCEEDED');
      expect(fixture.clock.now()).toBeLessThan(5000);
    });

    test('ends after its time, and the run continues', async () => {
      const runId = await fixture.push({ waitSeconds: 20 });
      expect(fixture.clock.now()).toBe(20_000);
      expect(await fixture.stateOf(runId)).toBe('RUNNING');
    });
  });
}
