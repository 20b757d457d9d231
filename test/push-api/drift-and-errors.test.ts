import { describe, expect, test } from 'vitest';
import { openLedger } from '../../src/db/ledger/connect.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import { type PushStage, stagesOf } from '../support/push-stages.ts';

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

  test('is UNRECEIPTED if the answer was lost, until it is retried', async () => {
    const stage = await open();
    stage.sandbox.setFaults([{ kind: 'html' }]);
    const run = await stage.push();
    expect(run).toMatchObject({ state: 'FAILED', counts: { unknown: count } });
    expect((await driftOf(stage)).rows.map(({ kinds }) => kinds)).toEqual(Array(count).fill(['UNRECEIPTED']));
    stage.sandbox.setFaults([]);
    await stage.retry(run.id);
    expect((await driftOf(stage)).rows).toEqual([]);
  });

  test('is LOST if AdSuite was replaced, until it is sent again', async () => {
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

  test('is CHANGED if another service wrote the same version', async () => {
    const stage = await open();
    await stage.push({ iterationIds: ['1'] });
    const held = warehouse().held(1);
    const other = await open({ ledger: stage.ledger });
    const { build } = await stage.ask<{ build: { build: string } }>('{ build: dataStatus { build } }');
    await fetch(`${other.sandbox.url}/v1/iteration-metrics`, {
      method: 'POST',
      headers: {
        ...{ authorization: 'Bearer the-token-of-the-tests', 'content-type': 'application/json' },
        'idempotency-key': 'another-service',
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

  test.each([404, 405, 501] as const)('is not offered if AdSuite answers %i', async (status) => {
    const stage = await open();
    stage.sandbox.setFaults([{ kind: 'status', status, on: 'read' }]);
    expect(await stage.refused(driftQuery)).toMatchObject({ code: 'DRIFT_NOT_OFFERED', status: 409 });
  });

  test.each([
    ['refuses', { kind: 'status', status: 403, on: 'read' }, /403/],
    [
      'answers with a Retry-After of an hour',
      { kind: 'status', status: 503, retryAfter: '3600', on: 'read' },
      /answered 503 .*; its Retry-After is 3600 s\. Retry later/,
    ],
    [
      'answers with one of ages',
      { kind: 'status', status: 429, retryAfter: '999999999999', on: 'read' },
      /answered 429 .*; its Retry-After is 1000000000 s\. Retry later/,
    ],
  ] as const)('is an error if AdSuite %s', async (_, fault, words) => {
    const stage = await open();
    stage.sandbox.setFaults([fault]);
    const error = await stage.refused(driftQuery);
    expect(error).toMatchObject({ code: 'ADSUITE_UNAVAILABLE', status: 502 });
    expect(error.message).toMatch(words);
  });
});

test('without an AdSuite a push is refused; dry runs, plans and earlier pushes work', async () => {
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
  // A run of another service can be cancelled.
  expect(await stage.cancel(dry.id)).toEqual(dry);
});

test('a ledger that cannot be reached is reported, and the rest of the API works', async () => {
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

test('if the ledger fails after a run is recorded, the error names the run', async () => {
  const first = await open();
  let reads = 0;
  const { pushes } = first.ledger;
  // Until it fails it shows the run as RUNNING, so that the wait continues.
  const failing = (from: number) => ({
    ledger: {
      ...first.ledger,
      pushes: {
        ...pushes,
        find: async (runId: string) => {
          reads += 1;
          if (reads >= from) throw new LedgerUnavailable();
          const run = await pushes.find(runId);
          return run && { ...run, state: 'RUNNING' as const };
        },
      },
    },
  });
  // At the first read of the run, and at a later one.
  for (const from of [1, 2]) {
    reads = 0;
    const stage = await open(failing(from));
    const error = await stage.pushRefused({ waitSeconds: 10, idempotencyKey: `k${from}`, dryRun: true });
    expect(reads).toBe(from);
    expect(error).toMatchObject({ code: 'LEDGER_UNAVAILABLE', status: 503, runId: expect.any(String) });
    expect(error.message).toContain(`Push ${error.runId} is recorded, but the ledger can't be read`);
    expect(error.message).toContain(`pushRun(id: "${error.runId}")`);
    const run = await first.run(String(error.runId));
    expect(run).toMatchObject({ dryRun: true });
    expect((await first.push({ idempotencyKey: `k${from}`, dryRun: true })).id).toBe(run?.id);
  }
  reads = 0;
  await (await open(failing(Number.POSITIVE_INFINITY))).push({ waitSeconds: 0, dryRun: true });
  expect(reads).toBe(1);
  const { id } = await first.push();
  reads = 0;
  const cancelled = await (await open(failing(1))).cancelRefused(id);
  expect(cancelled).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
});

test.each([
  ['waitSeconds beyond its limit', { waitSeconds: 121 }, /waitSeconds.*must be from 0 to 120/],
  ['a negative waitSeconds', { waitSeconds: -1 }, /waitSeconds.*must be from 0 to 120/],
  ['too many ids', { iterationIds: Array.from({ length: 1001 }, (_, id) => `${id}`) }, /iterationIds.*1000 values/],
  ['not an id', { iterationIds: ['one'] }, /iterationIds.*not an id/],
  ['an id beyond 64 bits', { strategyIds: ['9223372036854775808'] }, /strategyIds.*not an id/],
  ['a NUL in the reason', { override: { reason: 'a\u0000b' } }, /reason.*NUL/],
  ['an override without a reason', { override: { reason: '' } }, /reason.*must not be blank/],
  ['a blank reason', { override: { reason: ' ' } }, /reason.*must not be blank/],
  ['a blank requestedBy', { requestedBy: ' ' }, /requestedBy.*blank/],
  ['an empty plan hash', { planHash: '' }, /planHash.*planMetricsPush/],
  ['a reason that is too long', { override: { reason: 'x'.repeat(501) } }, /reason.*500 characters/],
  ['half a surrogate pair in the key', { idempotencyKey: '\ud800' }, /idempotencyKey.*unpaired surrogate/],
  ['an empty key', { idempotencyKey: '' }, /idempotencyKey/],
  ['a key that is too long', { idempotencyKey: 'k'.repeat(201) }, /idempotencyKey/],
  ['a NUL in the caller', { requestedBy: '\u0000' }, /requestedBy.*NUL/],
])('bad input: %s', async (_, input, words) => {
  const stage = await open();
  const error = await stage.pushRefused(input);
  expect(error.code).toBe('BAD_USER_INPUT');
  expect(error.message).toMatch(words);
});

test('an unknown run is null, for any id', async () => {
  const stage = await open();
  for (const id of ['none', '00000000-0000-4000-8000-000000000000', 'ä'.repeat(5_000)])
    expect(await stage.run(id)).toBeNull();
});
