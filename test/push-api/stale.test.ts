import { describe, expect, test } from 'vitest';
import { staleReason } from '../../src/push/record/stale-rows.ts';
import { type PushStage, stagesOf } from '../support/push-stages.ts';

const count = 4;
const { warehouse, open } = stagesOf(count);

/** AdSuite has these iterations with a higher build number than the warehouse. */
async function hold({ sandbox }: PushStage, iterations: readonly number[], version = 900): Promise<void> {
  const response = await fetch(`${sandbox.url}/v1/iteration-metrics`, {
    method: 'POST',
    headers: {
      ...{ authorization: 'Bearer the-token-of-the-tests', 'content-type': 'application/json' },
      'idempotency-key': `earlier-warehouse-${version}`,
    },
    body: JSON.stringify({
      ...{ runId: 'r', build: 'another-warehouse', asOf: '2026-02-03T04:05:06.000000Z' },
      metrics: iterations.map((id) => ({ ...warehouse().held(id), version })),
    }),
  });
  expect(response.status).toBe(200);
}

describe('an AdSuite that has higher build numbers than the warehouse', () => {
  test('accepts nothing: the push fails, with a remedy', async () => {
    const stage = await open();
    await hold(stage, [1, 2, 3, 4]);
    const run = await stage.push();
    expect(run).toMatchObject({ state: 'FAILED', counts: { planned: count, stale: count } });
    expect(run.reason).toMatch(
      new RegExp(
        `newer versions of 4 rows than build number ${run.version}, .*accepted nothing.*Continue attribution_builds`,
      ),
    );
    expect(await stage.retryRefused(run.id)).toMatchObject({ code: 'NOTHING_TO_RETRY' });
    // This does not change until it is fixed.
    expect(await stage.push()).toMatchObject({ state: 'FAILED', counts: { stale: count } });
    const { drift } = await stage.ask<{ drift: { rows: { heldVersion: number }[] } }>(
      '{ drift: pushDrift { rows { heldVersion } } }',
    );
    expect(drift.rows.map(({ heldVersion }) => heldVersion)).toEqual(Array(count).fill(900));
  });

  test('for some rows accepts the others, and the run has the reason', async () => {
    const stage = await open();
    await hold(stage, [2]);
    const run = await stage.push();
    expect(run).toMatchObject({ state: 'SUCCEEDED', counts: { accepted: 3, stale: 1 } });
    expect(run.reason).toMatch(/newer versions of 1 row than build number .*another service pushes/);
  });

  test('for rows of a retry is no problem: a newer push sent them', async () => {
    const stage = await open();
    stage.sandbox.setFaults([{ kind: 'reject', iterationIds: ['1', '2', '3', '4'], code: 'NO' }]);
    const first = await stage.push();
    stage.sandbox.setFaults([]);
    await hold(stage, [1, 2, 3, 4]);
    const retried = await stage.retry(first.id);
    expect(retried).toMatchObject({ state: 'SUCCEEDED', counts: { stale: count }, reason: null });
  });
});

test('without stale rows there is no reason', () => {
  const run = { retryOf: null, build: { version: 7 }, counts: { accepted: 0, stale: 0 } };
  expect(staleReason(run)).toBeNull();
  expect(staleReason({ ...run, counts: { accepted: 0, stale: 1 } })).toContain('build number 7');
  expect(staleReason({ ...run, retryOf: 'a', counts: { accepted: 0, stale: 1 } })).toBeNull();
});
