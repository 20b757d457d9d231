import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FaultInput } from '../../src/embedded/sandbox/index.ts';
import { batch, row, startPair, unhurried } from './support.ts';

// Each fault of the sandbox against the real client.

let pair: Awaited<ReturnType<typeof startPair>>;
beforeEach(async () => {
  pair = await startPair();
});
afterEach(() => pair.sandbox.close());

const rows = [row('17'), row('18')];
const accepted = (iterationId: string) => ({ iterationId, state: 'ACCEPTED', code: null, message: null });
const allAccepted = { kind: 'answered', results: [accepted('17'), accepted('18')] };
const failed = (reason: string | RegExp, retryAfterMilliseconds: number | null = null) => ({
  kind: 'failed',
  reason: expect.stringMatching(reason),
  retryAfterMilliseconds,
  mayHaveArrived: true,
});
/** By the contract, a 429 applies nothing. */
const limited = (reason: string, retryAfterMilliseconds: number | null = null) => ({
  ...failed(reason, retryAfterMilliseconds),
  mayHaveArrived: false,
});
const status = (code: number, given: object = {}): FaultInput => ({ kind: 'status', status: code, ...given });

const cases: [string, FaultInput, object, { applied: boolean }][] = [
  ['429 in seconds', status(429, { retryAfter: '120' }), limited('429 .INJECTED', 120_000), { applied: false }],
  [
    '429 until a date that has passed',
    status(429, { retryAfter: 'Sun, 06 Nov 1994 08:49:37 GMT' }),
    limited('429', 0),
    { applied: false },
  ],
  ['429 for ages', status(429, { retryAfter: '9'.repeat(30) }), limited('429', 1e12), { applied: false }],
  ['429, negative', status(429, { retryAfter: '-7' }), limited('429'), { applied: false }],
  ['429, garbage', status(429, { retryAfter: 'in a while 5' }), limited('429'), { applied: false }],
  ['429 without Retry-After', status(429), limited('429'), { applied: false }],
  ['500', status(500), failed('500'), { applied: false }],
  ['500 after the effect', status(500, { applied: true }), failed('500'), { applied: true }],
  ['503', status(503, { retryAfter: '1' }), failed('503', 1000), { applied: false }],
  ['408', status(408), failed('408'), { applied: false }],
  ['425', status(425), failed('425'), { applied: false }],
  [
    '409, at work',
    status(409, { code: 'REQUEST_IN_PROGRESS', retryAfter: '1' }),
    failed('409', 1000),
    { applied: false },
  ],
  [
    'a reset before the effect',
    { kind: 'reset' },
    failed('no answer from AdSuite: .*(ECONNRESET|closed)'),
    { applied: false },
  ],
  [
    'a reset after it',
    { kind: 'reset', applied: true },
    failed('no answer from AdSuite: .*(ECONNRESET|closed)'),
    { applied: true },
  ],
  ['half an answer', { kind: 'cut' }, failed('answered 200, but .*closed'), { applied: true }],
  ['HTML', { kind: 'html' }, failed('content type is text/html'), { applied: true }],
  ['no JSON', { kind: 'body', body: '{"results":' }, failed('not JSON'), { applied: true }],
  [
    'JSON of another shape',
    { kind: 'body', body: '{"ok":true}' },
    failed('does not match the contract'),
    { applied: true },
  ],
  ['no result at all', { kind: 'body', body: '{"results":[]}' }, failed('no row of the request'), { applied: true }],
  ['an answer without end', { kind: 'endless' }, failed('longer than 16777216 bytes'), { applied: true }],
  [
    '400',
    status(400, { code: 'BAD' }),
    { kind: 'refused', code: 'BAD', message: 'An injected fault.' },
    { applied: false },
  ],
  ['413', status(413), { kind: 'refused', code: 'INJECTED', message: expect.any(String) }, { applied: false }],
  ['422', status(422), { kind: 'refused', code: 'INJECTED', message: expect.any(String) }, { applied: false }],
  ['409', status(409), { kind: 'refused', code: 'INJECTED', message: expect.any(String) }, { applied: false }],
  ['401', status(401), { kind: 'fatal', reason: expect.stringContaining('401') }, { applied: false }],
  ['403', status(403), { kind: 'fatal', reason: expect.stringContaining('403') }, { applied: false }],
  ['404', status(404), { kind: 'fatal', reason: expect.stringContaining('404') }, { applied: false }],
  [
    'a row that spoils it',
    { kind: 'poison', iterationIds: ['18'] },
    { kind: 'refused', code: 'UNPROCESSABLE', message: expect.any(String) },
    { applied: false },
  ],
  [
    'a row that spoils it, with a code',
    { kind: 'poison', iterationIds: ['18'], code: 'UNKNOWN_ITERATION' },
    { kind: 'refused', code: 'UNKNOWN_ITERATION', message: expect.any(String) },
    { applied: false },
  ],
];

describe('a request fails and is retried', () => {
  test.each(cases)('%s', async (_, fault, sent, { applied }) => {
    const { sandbox, client } = pair;
    sandbox.setFaults([{ ...fault, next: 1 }]);
    expect(await client.send(batch(rows), unhurried())).toEqual(sent);
    // fetch itself does not retry.
    expect(sandbox.requests()).toHaveLength(1);
    expect(sandbox.held('17') !== undefined).toBe(applied);

    expect(await client.send(batch(rows, { attempts: 2 }), unhurried())).toEqual(allAccepted);
    const [first, second] = sandbox.requests();
    expect(second?.key).toBe(first?.key);
    expect(second?.isRepeated).toBe(applied);
    for (const id of ['17', '18']) expect(sandbox.effects(id)).toEqual([{ key: first?.key, version: 1 }]);
  });
});

test.each(['silence', 'stall'] as const)(
  '%s: the timeout ends the request, and a retry applies nothing twice',
  async (kind) => {
    const { sandbox, client, clock } = pair;
    sandbox.setFaults([{ kind, applied: true, next: 1 }]);
    const sending = client.send(batch(rows), unhurried());
    await vi.waitFor(() => expect(sandbox.requests()).toHaveLength(1), 10_000);
    clock.strike();
    expect(await sending).toEqual(failed('no complete answer within 30 s'));
    expect(sandbox.held('17')?.version).toBe(1);
    expect(await client.send(batch(rows), unhurried())).toEqual(allAccepted);
    expect(sandbox.effects('17')).toHaveLength(1);
    expect(clock.sleeping()).toBe(0);
  },
);

test('rows without a result are left out; if they were applied they are accepted again under another key', async () => {
  const { sandbox, client } = pair;
  sandbox.setFaults([{ kind: 'omit', iterationIds: ['18'], next: 1 }]);
  expect(await client.send(batch(rows), unhurried())).toEqual({ kind: 'answered', results: [accepted('17')] });
  const rest = await client.send(batch([row('18')]), unhurried());
  expect(rest).toEqual({ kind: 'answered', results: [accepted('18')] });
  expect(sandbox.effects('18')).toHaveLength(1);
});

test('omit without ids leaves out every second row, and so never the only one', async () => {
  const { sandbox, client } = pair;
  sandbox.setFaults([{ kind: 'omit' }]);
  const three = [row('17'), row('18'), row('19')];
  expect(await client.send(batch(three), unhurried())).toEqual({
    ...{ kind: 'answered', results: [accepted('17'), accepted('19')] },
  });
  expect(await client.send(batch([row('18')]), unhurried())).toMatchObject({ results: [accepted('18')] });
});

test('poison counts only requests that have its row', async () => {
  const { sandbox, client } = pair;
  sandbox.setFaults([{ kind: 'poison', iterationIds: ['18'], next: 1 }]);
  expect(await client.send(batch([row('17')]), unhurried())).toMatchObject({ kind: 'answered' });
  expect(sandbox.faults()).toMatchObject([{ met: 0, fired: 0 }]);
  expect(await client.send(batch(rows), unhurried())).toMatchObject({ kind: 'refused' });
  expect(await client.send(batch(rows), unhurried())).toEqual(allAccepted);
  expect(sandbox.faults()).toMatchObject([{ met: 2, fired: 1 }]);
});

test('a rejection affects its row only, and is repeated for the same key', async () => {
  const { sandbox, client } = pair;
  sandbox.setFaults([{ kind: 'reject', iterationIds: ['18'], code: 'ARCHIVED', message: 'It is archived.' }]);
  const rejected = { iterationId: '18', state: 'REJECTED', code: 'ARCHIVED', message: 'It is archived.' };
  const both = { kind: 'answered', results: [accepted('17'), rejected] };
  expect(await client.send(batch(rows), unhurried())).toEqual(both);
  sandbox.setFaults([]);
  expect(await client.send(batch(rows), unhurried())).toEqual(both);
  expect(await client.send(batch(rows, { runId: 'run-2' }), unhurried())).toEqual(allAccepted);
});

test('the sandbox knows all iterations unless onlyKnown is set', async () => {
  const { sandbox, client } = pair;
  sandbox.setFaults([{ kind: 'onlyKnown', iterationIds: ['17'] }]);
  const sent = await client.send(batch(rows), unhurried());
  expect(sent).toMatchObject({ results: [accepted('17'), { state: 'REJECTED', code: 'UNKNOWN_ITERATION' }] });
});

test('faults apply to the next n requests, to every n-th, or until they are removed', async () => {
  const { sandbox, client } = pair;
  const kinds = async (count: number) => {
    const seen: string[] = [];
    for (let at = 0; at < count; at++) seen.push((await client.send(batch(rows), unhurried())).kind);
    return seen;
  };
  sandbox.setFaults([{ ...status(500), next: 2 }]);
  expect(await kinds(4)).toEqual(['failed', 'failed', 'answered', 'answered']);
  sandbox.setFaults([{ ...status(500), every: 3 }]);
  expect(await kinds(6)).toEqual(['answered', 'answered', 'failed', 'answered', 'answered', 'failed']);
  sandbox.setFaults([status(500)]);
  expect(await kinds(3)).toEqual(['failed', 'failed', 'failed']);
  expect(sandbox.faults()).toMatchObject([{ kind: 'status', met: 3, fired: 3 }]);
  // The first that fires applies.
  sandbox.setFaults([{ ...status(422), every: 2 }, status(401)]);
  expect(await kinds(2)).toEqual(['fatal', 'refused']);
});

test('faults are set over HTTP', async () => {
  const { sandbox, client } = pair;
  const admin = async (method: string, path: string, body?: object) => {
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${sandbox.url}/sandbox/${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  expect(await admin('PUT', 'faults', { faults: [{ kind: 'status', status: 503 }] })).toMatchObject({
    status: 200,
    body: { faults: [{ kind: 'status', status: 503, applied: false, on: 'push', met: 0, fired: 0 }] },
  });
  expect(await client.send(batch(rows), unhurried())).toMatchObject({ kind: 'failed' });
  // Invalid faults change nothing.
  for (const faults of [
    [{ kind: 'typo' }],
    [{ kind: 'reset', nxt: 1 }],
    [{ kind: 'reset', next: 1, every: 2 }],
    [{ kind: 'status', status: 429, applied: true }],
    undefined,
  ]) {
    expect(await admin('PUT', 'faults', { faults })).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  }
  expect(await admin('GET', 'faults')).toMatchObject({ body: { faults: [{ met: 1, fired: 1 }] } });
  expect(await admin('DELETE', 'faults')).toMatchObject({ status: 200, body: { faults: [] } });
  expect(await client.send(batch(rows), unhurried())).toEqual(allAccepted);
  expect(await admin('GET', 'requests')).toMatchObject({
    body: {
      requests: [
        { number: 1, status: 503, faults: ['status'] },
        { number: 2, status: 200, rows: 2 },
      ],
    },
  });
  expect(await admin('GET', 'iterations/17')).toMatchObject({
    body: { held: { version: 1 }, effects: [{ version: 1 }] },
  });
  expect(await admin('POST', 'faults')).toMatchObject({ status: 404 });
});
