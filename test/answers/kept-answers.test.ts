import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import type { ServerOptions } from '../../src/server.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { latch } from '../support/push-api.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

let database: TestDatabase;
const opened: TestService[] = [];
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(12), smallWorldAsOf);
});
afterAll(() => database.close());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const megabyte = 1024 * 1024;

/** A service that keeps answers, and looks for a new build and at its stores once. */
async function open(options: Partial<ServerOptions> = {}, warehouse: Parameters<typeof serve>[2] = {}) {
  const lookedUpOnce = { buildCheckSeconds: 3_600, readyCheckSeconds: 86_400 };
  const one = await serve(database.target, { keptAnswerBytes: 8 * megabyte, ...lookedUpOnce, ...options }, warehouse);
  opened.push(one);
  return one;
}

interface Sent {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Sends a request as it is: fetch would add headers, and decompress. */
async function send(of: TestService, path: string, headers: OutgoingHttpHeaders, body?: string): Promise<Sent> {
  const sent = request(`${of.url}${path}`, { method: body === undefined ? 'GET' : 'POST', headers });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const bytes = await buffer(answer);
  const encoding = answer.headers['content-encoding'];
  const plain = encoding === 'br' ? brotliDecompressSync(bytes) : encoding === 'gzip' ? gunzipSync(bytes) : bytes;
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: plain.toString() };
}

const json = { 'content-type': 'application/json' };

const post = (of: TestService, body: string | object, headers: OutgoingHttpHeaders = {}): Promise<Sent> =>
  send(of, '/graphql', { ...json, ...headers }, typeof body === 'string' ? body : JSON.stringify(body));

const get = (of: TestService, query: string, headers: OutgoingHttpHeaders = {}): Promise<Sent> =>
  send(of, `/graphql?${new URLSearchParams({ query })}`, { 'apollo-require-preflight': '1', ...headers });

/** The values of metrics by their names with labels. */
async function metricsOf(of: TestService, headers: OutgoingHttpHeaders = {}) {
  const { text } = await send(of, '/metrics', headers);
  const samples = text.split('\n').map((line) => line.split(' ') as [string, string]);
  const value = (name: string) => Number(samples.find(([each]) => each === name)?.[1] ?? 0);
  const from = (source: string) => value(`attribution_answers_total{from="${source}"}`);
  return { value, answers: { computed: from('computed'), shared: from('shared'), kept: from('kept') } };
}

const large =
  '{ conversions(first: 200) { nodes { id convertedAt payout goalReferenceId status iteration { id name } } } }';
const small = '{ strategies(first: 1) { nodes { id } } }';

/** The headers that have to be equal. The framing differs: a kept answer has a length where a computed one comes in chunks. */
function comparable({ headers: { date, 'x-request-id': id, connection, ...rest } }: Sent) {
  if (rest['content-encoding'] === undefined) return rest;
  const { 'content-length': length, 'transfer-encoding': transfer, ...others } = rest;
  return others;
}

describe('a kept answer has the status, headers and body of the computed one', () => {
  test.each([
    ['POST', large, {}],
    ['POST', small, {}],
    ['POST', large, { 'accept-encoding': 'gzip' }],
    ['POST', large, { 'accept-encoding': 'gzip, deflate, br' }],
    ['POST', small, { 'accept-encoding': 'br' }],
    ['POST', large, { 'accept-encoding': 'br;q=0.1, gzip;q=0.9' }],
    ['POST', large, { 'accept-encoding': 'br', 'x-no-compression': '1' }],
    ['POST', large, { accept: 'application/graphql-response+json' }],
    ['GET', large, {}],
    ['GET', large, { 'accept-encoding': 'br', accept: 'application/graphql-response+json' }],
    ['GET', small, { 'if-none-match': '"other"' }],
  ])('%s %s %j', async (method, query, headers: OutgoingHttpHeaders) => {
    const one = await open();
    const ask = () => (method === 'GET' ? get(one, query, headers) : post(one, { query }, headers));
    const computed = await ask();
    expect(computed.status).toBe(200);
    expect(JSON.parse(computed.text)).toMatchObject({ data: {}, extensions: { data: { build: 'build-1' } } });
    one.takeStatements();
    // The second compresses, the third has it from the second.
    for (const kept of [await ask(), await ask()]) {
      expect([kept.status, kept.text]).toEqual([computed.status, computed.text]);
      expect(comparable(kept)).toEqual(comparable(computed));
      expect(kept.headers['x-request-id']).not.toBe(computed.headers['x-request-id']);
    }
    expect(one.takeStatements()).toEqual([]);
    expect((await metricsOf(one)).answers).toEqual({ computed: 1, shared: 0, kept: 2 });
  });

  test('also to a client that has it already: 304', async () => {
    const [computing, keeping] = [await open({ keptAnswerBytes: 0 }), await open()];
    const whole = await get(keeping, large);
    const conditional = { 'if-none-match': String(whole.headers.etag) };
    const [computed, kept] = [await get(computing, large, conditional), await get(keeping, large, conditional)];
    expect([kept.status, kept.text]).toEqual([304, '']);
    expect([computed.status, computed.text, comparable(computed)]).toEqual([304, '', comparable(kept)]);
    expect((await metricsOf(keeping)).answers.kept).toBe(1);
  });
});

test('answers are the same as without keeping, whatever else the service keeps', async () => {
  const [computing, keeping] = [await open({ keptAnswerBytes: 0 }), await open()];
  const page = 'query Q($n: Int) { strategies(first: $n) { nodes { id } } }';
  const two = 'query A { strategies(first: 1) { nodes { id } } } query B { strategies(first: 2) { nodes { id } } }';
  const bodies = [
    { query: page, variables: { n: 1 } },
    { query: page, variables: { n: 2 } },
    { query: page, variables: { n: null } },
    { query: page, variables: {} },
    { query: page, variables: { n: '1' } },
    { query: page, variables: { n: 1.5 } },
    { query: page, variables: { m: 1 } },
    { query: page.replace('nodes', 'rows: nodes'), variables: { n: 1 } },
    { query: `${page} `, variables: { n: 1 } },
    { query: two, operationName: 'A' },
    { query: two, operationName: 'B' },
    { query: two, operationName: 'C' },
    { query: two },
    { query: page, extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } },
    { query: '{ strategies(first: 1) { nodes { id } } strategy { id } }' },
    { query: '{ __typename }' },
    { query: '{ dataStatus { build isStale } }' },
    [{ query: page }],
  ].map((body) => JSON.stringify(body));
  // A number that JSON can't write, and other forms of numbers and blanks.
  const texts = ['1e999', '1.0', ' 1', '1E0', '-0'].map(
    (n) => `{"query": ${JSON.stringify(page)}, "variables": {"n": ${n}}}`,
  );
  for (let round = 0; round < 3; round++) {
    for (const body of [...bodies, ...texts]) {
      const [expected, found] = [await post(computing, body), await post(keeping, body)];
      expect([found.status, found.text, comparable(found)], body).toEqual([
        expected.status,
        expected.text,
        comparable(expected),
      ]);
    }
  }
  expect((await metricsOf(keeping)).answers.kept).toBeGreaterThan(20);
});

describe('a kept answer needs the rights and passes the checks of a computed one', () => {
  const viewer = newKey({ name: 'ana' });
  const operator = newKey({ name: 'airflow', role: 'operator' });
  const blind = newKey({ name: 'app', restrictions: ['no-introspection'] });
  const held = newKey({ name: 'page', restrictions: ['documents-only'] });
  const bearer = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });
  const introspection = { query: '{ __schema { queryType { name } } strategies(first: 1) { nodes { id } } }' };
  const secured = (keys = keysOf(viewer, operator, blind, held)): Partial<ServerOptions> => ({
    credentials: { keys, verifyJwt: null, now: () => present },
  });

  test('role, restrictions and key', async () => {
    let keys = keysOf(viewer, operator, blind, held);
    const documents = { find: (id: string) => (id === idOfDocument(small) ? small : null) };
    const one = await open({ ...secured({ find: (id) => keys.find(id) }), documents });
    for (let round = 0; round < 2; round++) {
      expect((await post(one, introspection, bearer(operator))).status).toBe(200);
      expect((await post(one, introspection, bearer(viewer))).status).toBe(200);
      expect((await post(one, introspection, bearer(blind))).status).toBe(403);
      expect((await post(one, introspection, bearer(held))).status).toBe(403);
      expect((await post(one, introspection)).status).toBe(401);
      expect((await post(one, { query: small }, bearer(viewer))).status).toBe(200);
      expect((await post(one, { query: small }, bearer(held))).status).toBe(403);
      expect((await post(one, { documentId: idOfDocument(small) }, bearer(held))).status).toBe(200);
    }
    expect((await metricsOf(one, bearer(viewer))).answers).toEqual({ computed: 4, shared: 0, kept: 4 });
    keys = keysOf({ stored: { ...viewer.stored, revoked: '2026-02-01T00:00:00Z' } });
    expect((await post(one, { query: small }, bearer(viewer))).status).toBe(401);
  });

  test('a trusted document that has gone', async () => {
    let isKnown = true;
    const one = await open({ documents: { find: () => (isKnown ? small : null) } });
    const ask = () => post(one, { documentId: idOfDocument(small) });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    isKnown = false;
    expect((await ask()).status).toBe(404);
  });

  test('rate limit, host, charset and preflight header', async () => {
    const { limits } = loadConfig({ PORT: '0' });
    const one = await open({ ...secured(), limits: { ...limits, perMinute: 5 } });
    const given = bearer(viewer);
    expect((await get(one, small, given)).status).toBe(200);
    expect((await get(one, small, given)).status).toBe(200);
    expect((await get(one, small, { ...given, 'apollo-require-preflight': '' })).status).toBe(400);
    expect((await post(one, { query: small }, { ...given, 'content-type': 'text/plain' })).status).toBe(400);
    expect((await get(one, small, { ...given, host: 'example.com' })).status).toBe(403);
    expect((await get(one, small, given)).status).toBe(200);
    expect((await get(one, small, given)).status).toBe(429);
  });
});

test('an operation with a volatile field is computed each time', async () => {
  let now = present;
  const one = await open({ now: () => now });
  const query = '{ dataStatus { build lagSeconds } }';
  const first = await post(one, { query });
  now = new Date(present.getTime() + 60_000);
  expect((await post(one, { query })).text).not.toBe(first.text);
  expect((await metricsOf(one)).answers).toEqual({ computed: 0, shared: 0, kept: 0 });
});

test('errors are not kept', async () => {
  const one = await open();
  await post(one, { query: small });
  const query = '{ strategies(first: 2) { nodes { id } } }';
  await database.query('alter schema attribution rename to hidden');
  expect((await post(one, { query })).status).toBe(503);
  await database.query('alter schema hidden rename to attribution');
  expect((await post(one, { query })).status).toBe(200);
});

test('an answer changes with the build, as soon as the service has noticed it', async () => {
  const one = await open({ buildCheckSeconds: 0 });
  const query = '{ strategy(id: "1") { name } }';
  const names = async () => {
    const { data, extensions } = JSON.parse((await post(one, { query })).text);
    return [data.strategy.name, extensions.data.build];
  };
  const before = [await names(), await names()];
  expect(before[1]).toEqual(before[0]);
  await post(one, { query: small });
  expect((await metricsOf(one)).value('attribution_kept_answers')).toBe(2);
  await database.query(`update adsuite_mirror.strategies set name = 'Renamed' where id = 1`);
  await database.build('2026-02-20T02:00:00.000000Z');
  const after = [await names(), await names()];
  expect(after).toEqual([['Renamed', expect.not.stringContaining(String(before[0]?.[1]))], after[0]]);
  // All answers of the earlier build are gone.
  expect((await metricsOf(one)).value('attribution_kept_answers')).toBe(1);
});

test('equal operations in flight run one statement, and a client that leaves does not end it for others', async () => {
  const held = latch();
  const beforeQuery = async (name: string) => {
    if (name === 'strategies.page') await held.wait();
  };
  let arrived = 0;
  const find = () => {
    arrived += 1;
    return small;
  };
  const one = await open({ documents: { find } }, { beforeQuery });
  await post(one, { query: '{ iterations(first: 1) { nodes { id } } }' });
  one.takeStatements();
  const leaving = new AbortController();
  const body = JSON.stringify({ documentId: idOfDocument(small) });
  const left = fetch(`${one.url}/graphql`, { method: 'POST', headers: json, body, signal: leaving.signal });
  await held.reached;
  // As fetch sends it.
  const same = { accept: '*/*' };
  const others = [post(one, body, same), post(one, body, same), post(one, body, same)];
  await expect.poll(() => arrived).toBe(4);
  // From there on, they have nothing to wait for but the answer.
  await metricsOf(one);
  leaving.abort();
  await expect(left).rejects.toThrow();
  await expect.poll(async () => (await send(one, '/metrics', {})).text).toContain('code="CLIENT_DISCONNECTED"');
  held.release();
  const texts = (await Promise.all(others)).map(({ status, text }) => [status, text]);
  expect(new Set(texts.map(String)).size).toBe(1);
  expect(texts[0]?.[0]).toBe(200);
  expect(one.takeStatements().map(({ name }) => name)).toEqual(['strategies.page']);
  const metrics = await metricsOf(one);
  expect(metrics.answers).toEqual({ computed: 1, shared: 3, kept: 0 });
  // Each is measured.
  expect(
    metrics.value('attribution_request_duration_seconds_count{route="/graphql",operation="anonymous",code="OK"}'),
  ).toBe(4);
});

test('a client that has the answer that it waited for gets 304', async () => {
  const etag = String((await get(await open(), small)).headers.etag);
  const held = latch();
  const beforeQuery = async (name: string) => {
    if (name === 'strategies.page') await held.wait();
  };
  const one = await open({}, { beforeQuery });
  await post(one, { query: '{ iterations(first: 1) { nodes { id } } }' });
  const whole = get(one, small);
  await held.reached;
  const waiting = get(one, small, { 'if-none-match': etag });
  await expect.poll(async () => (await metricsOf(one)).value('attribution_requests_in_flight')).toBe(3);
  held.release();
  expect([(await whole).status, (await whole).headers.etag]).toEqual([200, etag]);
  expect([(await waiting).status, (await waiting).text, (await waiting).headers.etag]).toEqual([304, '', etag]);
});

test('memory is bounded, and shown', async () => {
  const one = await open({ keptAnswerBytes: 64 * 1024 });
  const ask = (at: number) => post(one, { query: `{ conversions(first: ${at}) { nodes { id convertedAt payout } } }` });
  for (let at = 1; at <= 60; at++) await ask(at);
  const { value } = await metricsOf(one);
  expect(value('attribution_kept_answers_bytes')).toBeGreaterThan(32 * 1024);
  expect(value('attribution_kept_answers_bytes')).toBeLessThanOrEqual(64 * 1024);
  expect(value('attribution_kept_answers_evicted_total')).toBeGreaterThan(20);
  one.takeStatements();
  await ask(60);
  expect(one.takeStatements()).toHaveLength(0);
  await ask(1);
  expect(one.takeStatements()).toHaveLength(1);
});
