import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ServerOptions } from '../../src/server.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { openTestService, present, serve, type TestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

// Not the shared one of `openTestService`: the newest build is cached, as by default.
const cached: Partial<ServerOptions> = { buildCheckSeconds: 3_600, readyCheckSeconds: 86_400 };

let service: Awaited<ReturnType<typeof openTestService>>;
const opened: TestService[] = [];
beforeAll(async () => {
  service = await openTestService(smallWorld(4), smallWorldAsOf);
});
afterAll(() => service.close());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function open(options: Partial<ServerOptions> = {}): Promise<TestService> {
  const one = await serve(service.database.target, { ...cached, ...options });
  opened.push(one);
  return one;
}

const names = '{ strategies { nodes { id name } } }';

interface Get {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: string;
}

async function get(of: TestService, { query, variables, operationName }: Get, headers: Record<string, string> = {}) {
  const search = new URLSearchParams({ query });
  if (variables) search.set('variables', JSON.stringify(variables));
  if (operationName) search.set('operationName', operationName);
  const response = await fetch(`${of.url}/graphql?${search}`, {
    headers: { 'apollo-require-preflight': '1', ...headers },
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    etag: response.headers.get('etag'),
    control: response.headers.get('cache-control'),
    type: response.headers.get('content-type'),
    length: response.headers.get('content-length'),
  };
}

const tag = async (of: TestService, request: Get) => (await get(of, request)).etag;

test('a client that has the answer gets 304 without a body, and no statement runs', async () => {
  const one = await open();
  const whole = await get(one, { query: names });
  expect(whole).toMatchObject({
    status: 200,
    etag: expect.stringMatching(/^W\/"[\w-]{43}"$/),
    control: 'private, no-cache',
  });
  expect(JSON.parse(whole.text)).toMatchObject({
    data: { strategies: {} },
    extensions: { data: { build: 'build-1' } },
  });
  one.takeStatements();
  const { etag } = whole;
  for (const given of [etag, etag?.slice(2), '*', `"x", ${etag}`]) {
    const answer = await get(one, { query: names }, { 'if-none-match': given ?? '' });
    expect(answer).toEqual({ status: 304, text: '', etag, control: 'private, no-cache', type: null, length: null });
  }
  expect(one.takeStatements()).toEqual([]);
  expect((await get(one, { query: names }, { 'if-none-match': '"other"' })).text).toBe(whole.text);
});

test('the tag follows from the document, the operation, the variables, the settings and the build', async () => {
  const one = await open();
  const query = 'query A($n: Int) { strategies(first: $n) { nodes { id } } } query B { strategies { totalCount } }';
  const base = { query, operationName: 'A', variables: { n: 1 } };
  const first = await tag(one, base);
  expect(await tag(one, base)).toBe(first);
  const others = [
    await tag(one, { ...base, variables: { n: 2 } }),
    await tag(one, { ...base, operationName: 'B' }),
    await tag(one, { ...base, query: `${query} ` }),
    await tag(await open({ staleAfterMinutes: { build: 1, mirror: 1, events: 1, clicks: 1 } }), base),
  ];
  expect(new Set([first, ...others]).size).toBe(5);
  // Another replica gives the same.
  expect(await tag(await open(), base)).toBe(first);
  await service.database.build('2026-02-20T01:00:00.000000Z');
  expect(await tag(one, base)).toBe(first);
  const newer = await tag(await open(), base);
  expect(newer).not.toBe(first);
  expect((await get(await open(), base, { 'if-none-match': first ?? '' })).status).toBe(200);
});

describe('no tag, and not to be stored', () => {
  test.each([
    ['a volatile field', '{ dataStatus { build isStale } }', 200],
    ['a volatile field below others', '{ iterations { nodes { lastPush { state } } } }', 200],
    [
      'in a fragment',
      '{ dataStatus { ...a } } fragment a on DataStatus { ...b } fragment b on DataStatus { lagSeconds }',
      200,
    ],
    ['in an inline fragment', '{ dataStatus { ... on DataStatus { ... { mirror { table } } } } }', 200],
    ['under an alias', '{ dataStatus { asOf: staleReasons } }', 200],
    ['excluded by @include', '{ dataStatus { build isStale @include(if: false) } }', 200],
    [
      'in another operation of the document',
      'query A { strategies { totalCount } } query B { pushRuns { totalCount } }',
      200,
    ],
    ['an error', '{ strategies(first: 0) { totalCount } }', 400],
    ['a partial answer', '{ strategies { totalCount } strategy { id } }', 200],
    ['an invalid document', '{ lost }', 400],
    ['a syntax error', '{', 400],
  ])('%s', async (_, query, status) => {
    const one = await open();
    const operationName = query.startsWith('query A') ? { operationName: 'A' } : {};
    const answer = await get(one, { query, ...operationName }, { 'if-none-match': '"other"' });
    expect([answer.status, answer.etag, answer.control]).toEqual([status, null, 'no-store']);
  });

  test('a POST', async () => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'if-none-match': '*' },
      body: JSON.stringify({ query: names }),
    });
    expect(response.status).toBe(200);
    expect([response.headers.get('etag'), response.headers.get('cache-control')]).toEqual([null, 'no-store']);
  });

  test('a build whose tables the next build replaces one by one', async () => {
    const set = (number: string) =>
      service.database.query(`update attribution.attribution_builds set tables_build_number = ${number}`);
    const kept = await service.database.query<{ n: string }>(
      'select max(tables_build_number)::text as n from attribution.attribution_builds',
    );
    await set('null');
    const answer = await get(await open(), { query: names }, { 'if-none-match': '*' });
    expect([answer.status, answer.etag, answer.control]).toEqual([200, null, 'no-store']);
    await set(kept.rows[0]?.n ?? '1');
  });

  test('no build', async () => {
    await service.database.query('alter table attribution.attribution_builds rename to hidden');
    const answer = await get(await open(), { query: names }, { 'if-none-match': '*' });
    expect([answer.status, answer.etag]).toEqual([503, null]);
    await service.database.query('alter table attribution.hidden rename to attribution_builds');
  });
});

test('the rules for GET still apply: a preflight header, queries only, a key', async () => {
  const viewer = newKey();
  const secured = await open({ credentials: { keys: keysOf(viewer), verifyJwt: null, now: () => present } });
  const headers = { 'if-none-match': '*' };
  expect((await get(secured, { query: names }, headers)).status).toBe(401);
  const authorization = `Bearer ${viewer.key}`;
  expect((await get(secured, { query: names }, { ...headers, authorization })).status).toBe(304);
  const plain = await fetch(`${secured.url}/graphql?query=${encodeURIComponent(names)}`, {
    headers: { ...headers, authorization },
  });
  expect([plain.status, plain.headers.get('etag')]).toEqual([400, null]);
  const mutation = { query: 'mutation { cancelPush(runId: "1") { id } }' };
  expect((await get(secured, mutation, { ...headers, authorization })).status).toBe(405);
});
