import { defaultGuardLimits } from '../../../src/config/push.ts';
import { previewPush } from '../../../src/push/plan/preview.ts';
import type { PushInput, RetryInput } from '../../../src/push/record/input.ts';
import { createPushService, type PushServiceOptions } from '../../../src/push/record/service.ts';
import type { BuiltIteration, PushSelection, RunState } from '../../../src/push/types.ts';
import { ManualClock } from '../manual-clock.ts';
import type { TestLedger } from '../memory-ledger.ts';
import { TestWarehouse } from '../push-worlds.ts';

export const everything: PushSelection = { iterationIds: null, strategyIds: null };
export const caller = { requestedBy: 'unauthenticated', waitSeconds: 0 };

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

  preview(selection = everything, rows = 10) {
    return previewPush(this.options, selection, rows);
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
