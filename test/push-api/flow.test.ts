import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LedgerServer, ledgerServers } from '../support/ledgers.ts';
import { PushWarehouse } from '../support/push-api.ts';
import { openPushStage, type PushStage } from '../support/push-stages.ts';

const count = 7;

let warehouse: PushWarehouse;
let ids: number[];
beforeAll(async () => {
  warehouse = await PushWarehouse.open(count);
  ids = warehouse.iterations;
});
afterAll(() => warehouse.database.close());

describe.each(ledgerServers)('from the warehouse to AdSuite, with a ledger on %s', (_, startLedger) => {
  let server: LedgerServer;
  let stage: PushStage;
  beforeAll(async () => {
    server = await startLedger();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    stage = await openPushStage(warehouse.database, await server.emptyLedger());
  });
  afterEach(() => stage.close());

  test('what was planned is sent and gets receipts; then nothing is left; then only changes are sent', async () => {
    const { plan } = await stage.ask<{
      plan: { planHash: string; totals: object; rows: { iterationId: string; causes: unknown }[] };
    }>(
      '{ plan: planMetricsPush(input: {}) { planHash refusal totals { iterations changed newConversions } rows { iterationId causes { cause } } } }',
    );
    const { version } = warehouse;
    expect(plan).toMatchObject({ refusal: null, totals: { iterations: count, changed: count } });
    expect(plan.rows.map(({ iterationId }) => Number(iterationId)).toSorted()).toEqual(ids);
    expect(plan.rows.map(({ causes }) => causes)).toEqual(ids.map(() => null));
    expect(stage.sandbox.requests()).toEqual([]);

    const first = await stage.push({ planHash: plan.planHash, requestedBy: 'a test' });
    expect(first).toMatchObject({ state: 'SUCCEEDED', planHash: plan.planHash, version, requestedBy: 'a test' });
    expect(first.counts).toEqual({
      planned: count,
      accepted: count,
      stale: 0,
      gone: 0,
      rejected: 0,
      unknown: 0,
      pending: 0,
    });
    expect(first.progress).toMatchObject({
      settled: count,
      sent: count,
      requests: 3,
      secondsLeft: 0,
      lastFailure: null,
    });
    expect(first.rows.nodes.map(({ iterationId, state }) => [Number(iterationId), state])).toEqual(
      ids.map((id) => [id, 'ACCEPTED']),
    );
    await stage.holds(ids.map((id) => warehouse.held(id)));

    const second = await stage.push();
    expect(second).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 0 } });
    expect(stage.sandbox.requests()).toHaveLength(3);

    await warehouse.convert([2, 5]);
    // Since the values that AdSuite accepted.
    const rows = 'rows { iterationId causes { cause conversions } }';
    const why = await stage.ask(`{ plan: planMetricsPush(input: {}) { ${rows} } drift: pushDrift { ${rows} } }`);
    const changed = [5, 2].map((id) => ({ iterationId: String(id), causes: [{ cause: 'NEW', conversions: 1 }] }));
    expect(why).toEqual({ plan: { rows: changed }, drift: { rows: changed } });
    const third = await stage.push();
    expect(third).toMatchObject({ state: 'SUCCEEDED', version: version + 1 });
    expect(third.rows.nodes.map(({ iterationId }) => iterationId)).toEqual(['2', '5']);
    // One more read the values back.
    expect(stage.sandbox.requests()).toHaveLength(5);
    await stage.holds(ids.map((id) => warehouse.held(id, [2, 5].includes(id) ? version + 1 : version)));
    expect(stage.sandbox.effects('5').map((effect) => effect.version)).toEqual([version, version + 1]);
  });

  test('an outdated plan is not sent, for any cause', async () => {
    const { plan } = await stage.ask<{ plan: { planHash: string } }>(
      '{ plan: planMetricsPush(input: {}) { planHash } }',
    );
    await warehouse.convert([1]);
    const error = await stage.pushRefused({ planHash: plan.planHash });
    expect(error).toMatchObject({ code: 'PLAN_CHANGED', status: 409, planHash: expect.any(String) });
    expect(error.message).toContain(plan.planHash);
    expect(stage.sandbox.requests()).toEqual([]);
    expect(await stage.push({ planHash: error.planHash })).toMatchObject({ state: 'SUCCEEDED' });
  });

  test('an idempotency key is one run, and is refused with different input', async () => {
    const input = { idempotencyKey: 'dag-1', iterationIds: ['1', '2'] };
    const runs = await Promise.all([stage.push(input), stage.push(input), stage.push(input)]);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1);
    expect(stage.sandbox.requests()).toHaveLength(1);
    expect(await stage.push({ ...input, iterationIds: ['2', '1'] })).toEqual(runs[0]);
    const error = await stage.pushRefused({ ...input, iterationIds: ['3'] });
    expect(error).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 409, runId: runs[0]?.id });
  });

  test('a blank requestedBy is refused before anything is recorded', async () => {
    const error = await stage.pushRefused({ requestedBy: '' });
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', status: 400 });
    expect(error.message).toContain('input.requestedBy');
  });

  test('a dry run records what would be sent, and sends nothing', async () => {
    const dry = await stage.push({ dryRun: true });
    expect(dry).toMatchObject({ state: 'SUCCEEDED', dryRun: true, counts: { planned: count, pending: count } });
    expect(stage.sandbox.requests()).toEqual([]);
    expect(await stage.receipts()).toEqual(new Map());
    expect(await stage.push({ planHash: dry.planHash })).toMatchObject({
      state: 'SUCCEEDED',
      counts: { accepted: count },
    });
  });

  test('a retry sends exactly what AdSuite refused', async () => {
    stage.sandbox.setFaults([{ kind: 'reject', iterationIds: ['2', '6'], code: 'CLOSED', message: 'It is closed.' }]);
    const run = await stage.push();
    expect(run).toMatchObject({ state: 'PARTIAL', counts: { accepted: 5, rejected: 2 } });
    stage.sandbox.setFaults([]);
    const retried = await stage.retry(run.id);
    expect(retried).toMatchObject({ state: 'SUCCEEDED', retryOf: run.id, counts: { planned: 2, accepted: 2 } });
    expect(retried.rows.nodes.map(({ iterationId }) => iterationId)).toEqual(['2', '6']);
    await stage.holds(ids.map((id) => warehouse.held(id)));
    const again = await stage.refused(`mutation { retryPush(runId: "${retried.id}") { id } }`);
    expect(again).toMatchObject({ code: 'NOTHING_TO_RETRY', status: 409 });
    const never = await stage.refused('mutation { retryPush(runId: "no-such-run") { id } }');
    expect(never).toMatchObject({ code: 'PUSH_NOT_FOUND', status: 404 });
  });
});
