import { describe, expect, test } from 'vitest';
import { openLedger } from '../../src/db/ledger/connect.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import { stagesOf } from '../support/push-api/pglite-stage.ts';
import type { PushStage } from '../support/push-api/stage.ts';

const count = 6;
const { warehouse, open, withAnotherAdsuite } = stagesOf(count);

interface Drift {
  readonly compared: number;
  readonly counts: readonly { readonly kind: string; readonly iterations: number }[];
  readonly rows: readonly { readonly iterationId: string; readonly kinds: readonly string[] }[];
}

const driftQuery = '{ drift: pushDrift { compared counts { kind iterations } rows { iterationId kinds } } }';
const driftOf = async (stage: PushStage) => (await stage.ask<{ drift: Drift }>(driftQuery)).drift;

describe('drift', () => {
  test('is none after a push, and BEHIND after another build', async () => {
    const stage = await open();
    await stage.push();
    expect(await driftOf(stage)).toMatchObject({ compared: count, rows: [] });
    await warehouse().convert([2]);
    const { counts, rows } = await driftOf(stage);
    expect(rows).toEqual([{ iterationId: '2', kinds: ['BEHIND'] }]);
    expect(counts.find(({ kind }) => kind === 'BEHIND')?.iterations).toBe(1);
  });

  test('is UNRECEIPTED where the answer was lost, until it is sent once more', async () => {
    const stage = await open();
    stage.sandbox.setFaults([{ kind: 'html' }]);
    const run = await stage.push();
    expect(run).toMatchObject({ state: 'FAILED', counts: { unknown: count } });
    expect((await driftOf(stage)).rows.map(({ kinds }) => kinds)).toEqual(Array(count).fill(['UNRECEIPTED']));
    stage.sandbox.setFaults([]);
    await stage.retry(run.id);
    expect((await driftOf(stage)).rows).toEqual([]);
  });

  test('is LOST where AdSuite is another than the one that accepted, until it is sent again', async () => {
    const first = await open();
    await first.push();
    const second = await withAnotherAdsuite(first);
    expect((await driftOf(second)).rows.map(({ kinds }) => kinds)).toEqual(Array(count).fill(['LOST', 'BEHIND']));
    expect(await second.push()).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 0 } });

    const key = { idempotencyKey: 'again' };
    const again = await second.push({ resend: true, ...key });
    expect(again).toMatchObject({ state: 'SUCCEEDED', counts: { planned: count, accepted: count } });
    expect((await driftOf(second)).rows).toEqual([]);
    expect((await second.pushRefused(key)).code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('is CHANGED where somebody else wrote the same version', async () => {
    const stage = await open();
    await stage.push({ iterationIds: ['1'] });
    const held = warehouse().held(1);
    const other = await open({ ledger: stage.ledger });
    const { build } = await stage.ask<{ build: { build: string } }>('{ build: dataStatus { build } }');
    await fetch(`${other.sandbox.url}/v1/iteration-metrics`, {
      method: 'POST',
      headers: {
        ...{ authorization: 'Bearer the-token-of-the-tests', 'content-type': 'application/json' },
        'idempotency-key': 'somebody-else',
      },
      body: JSON.stringify({
        ...{ runId: 'r', build: build.build, asOf: '2026-02-03T04:05:06.000000Z' },
        metrics: [{ ...held, clicks: held.clicks + 1 }],
      }),
    });
    expect(other.sandbox.held('1')?.clicks).toBe(held.clicks + 1);
    const { rows } = await driftOf(other);
    // The others were never pushed.
    expect(rows.filter(({ kinds }) => kinds.length > 1)).toEqual([{ iterationId: '1', kinds: ['CHANGED', 'BEHIND'] }]);
  });

  test.each([404, 405, 501] as const)('is not offered where AdSuite answers %i', async (status) => {
    const stage = await open();
    stage.sandbox.setFaults([{ kind: 'status', status, on: 'read' }]);
    expect(await stage.refused(driftQuery)).toMatchObject({ code: 'DRIFT_NOT_OFFERED', status: 409 });
  });

  test.each([
    ['refuses', { kind: 'status', status: 403, on: 'read' }, /403/],
    [
      'answers with a Retry-After of an hour',
      { kind: 'status', status: 503, retryAfter: '3600', on: 'read' },
      /answered 503 .*; its Retry-After is 3600 s$/,
    ],
    [
      'answers with one of ages',
      { kind: 'status', status: 429, retryAfter: '999999999999', on: 'read' },
      /answered 429 .*; its Retry-After is 1000000000 s$/,
    ],
  ] as const)('is not known where AdSuite %s', async (_, fault, words) => {
    const stage = await open();
    stage.sandbox.setFaults([fault]);
    const error = await stage.refused(driftQuery);
    expect(error).toMatchObject({ code: 'ADSUITE_UNAVAILABLE', status: 502 });
    expect(error.message).toMatch(words);
  });
});

test('without an AdSuite a push is refused, and a dry run, a plan and what was pushed are not', async () => {
  const stage = await open({ adsuite: null });
  for (const query of [
    'mutation { pushMetrics(input: {}) { id } }',
    'mutation { retryPush(runId: "x") { id } }',
    driftQuery,
  ]) {
    const error = await stage.refused(query);
    expect(error).toMatchObject({ code: 'PUSH_NOT_CONFIGURED', status: 409 });
    expect(error.message).toContain('ADSUITE_URL');
  }
  const dry = await stage.push({ dryRun: true });
  expect(await stage.run(dry.id)).toEqual(dry);
  await stage.ask('{ planMetricsPush(input: {}) { planHash } pushRuns { totalCount } }');
});

test('a ledger that can not be reached is told of, and the rest of the API answers', async () => {
  const stage = await open({
    ledger: openLedger({
      openTarget: async () => {
        throw new Error('the secret place');
      },
      ...{ maxConnections: 1, waitMilliseconds: 100, statementMilliseconds: 1_000, batchRows: 3 },
      onConnectionLost: () => {},
    }),
  });
  for (const query of [
    'mutation { pushMetrics(input: {}) { id } }',
    '{ pushRuns { totalCount } }',
    '{ iterations { nodes { lastPush { state } } } }',
  ]) {
    const error = await stage.refused(query);
    expect(error.code).toBe('LEDGER_UNAVAILABLE');
    expect(error.message).not.toContain('secret');
  }
  await stage.ask('{ iterations { totalCount } }');
});

test('a ledger that fails once a run is recorded does not take the run from whoever asked for it', async () => {
  const first = await open();
  let looks = 0;
  const { reads } = first.ledger;
  const failing = (from: number) => ({
    ledger: {
      ...first.ledger,
      reads: {
        ...reads,
        runsByIds: async (ids: readonly string[]) => {
          looks += 1;
          if (looks >= from) throw new LedgerUnavailable();
          return reads.runsByIds(ids);
        },
      },
    },
  });
  // At the first look of the wait, and at that for the answer.
  for (const from of [1, 2]) {
    looks = 0;
    const stage = await open(failing(from));
    const error = await stage.pushRefused({ waitSeconds: 0, idempotencyKey: `k${from}`, dryRun: true });
    expect(error).toMatchObject({ code: 'LEDGER_UNAVAILABLE', status: 503, runId: expect.any(String) });
    expect(error.message).toContain(`Push ${error.runId} is recorded, and goes on`);
    expect(error.message).toContain(`pushRun(id: "${error.runId}")`);
    const run = await first.run(String(error.runId));
    expect(run).toMatchObject({ dryRun: true });
    expect((await first.push({ idempotencyKey: `k${from}`, dryRun: true })).id).toBe(run?.id);
  }
  const { id } = await first.push();
  looks = 0;
  const cancelled = await (await open(failing(1))).cancelRefused(id);
  expect(cancelled).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
});

test.each([
  ['waitSeconds beyond its limit', { waitSeconds: 121 }, /waitSeconds.*must be from 0 to 120/],
  ['a negative waitSeconds', { waitSeconds: -1 }, /waitSeconds.*must be from 0 to 120/],
  ['too many ids', { iterationIds: Array.from({ length: 1001 }, (_, id) => `${id}`) }, /iterationIds.*1000 values/],
  ['an id that is none', { iterationIds: ['one'] }, /iterationIds.*not an id/],
  ['an id beyond 64 bits', { strategyIds: ['9223372036854775808'] }, /strategyIds.*not an id/],
  ['a NUL in the reason', { override: { reason: 'a\u0000b' } }, /reason.*NUL/],
  ['an override without a reason', { override: { reason: '' } }, /reason.*must say why/],
  ['a blank reason', { override: { reason: ' ' } }, /reason.*must say why/],
  ['a blank asker', { requestedBy: ' ' }, /requestedBy.*blank/],
  ['an empty plan hash', { planHash: '' }, /planHash.*planMetricsPush/],
  ['an endless reason', { override: { reason: 'x'.repeat(501) } }, /reason.*500 characters/],
  ['half a character in the key', { idempotencyKey: '\ud800' }, /idempotencyKey.*broken character/],
  ['an empty key', { idempotencyKey: '' }, /idempotencyKey/],
  ['a key that is too long', { idempotencyKey: 'k'.repeat(201) }, /idempotencyKey/],
  ['a NUL in the caller', { requestedBy: '\u0000' }, /requestedBy.*NUL/],
])('bad input: %s', async (_, input, words) => {
  const stage = await open();
  const error = await stage.pushRefused(input);
  expect(error.code).toBe('BAD_USER_INPUT');
  expect(error.message).toMatch(words);
});

test('a run that nobody knows is null to look at, whatever its id is', async () => {
  const stage = await open();
  for (const id of ['none', '00000000-0000-4000-8000-000000000000', 'ä'.repeat(5_000)])
    expect(await stage.run(id)).toBeNull();
});
