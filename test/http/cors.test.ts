import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { sendRaw } from '../support/network.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

const listed = 'https://app.example.com';
const viewer = newKey();

let database: TestDatabase;
let service: TestService;
let closed: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(2), smallWorldAsOf);
  const credentials = { keys: keysOf(viewer), verifyJwt: null, now: () => present };
  const { http } = loadConfig({ PORT: '0', CORS_ORIGINS: `${listed}, http://localhost:3000` });
  service = await serve(database.target, { http, credentials });
  closed = await serve(database.target, { credentials });
});
afterAll(async () => {
  await service.close();
  await closed.close();
  await database.close();
});

const preflight = (origin: string, of = service, path = '/graphql') =>
  fetch(of.url + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type, x-request-id',
    },
  });

const query = (origin: string, headers: Readonly<Record<string, string>> = {}, of = service) =>
  fetch(`${of.url}/graphql`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ strategies { totalCount } }' }),
  });

const authorization = `Bearer ${viewer.key}`;

test('a preflight of a listed origin succeeds without a key', async () => {
  const response = await preflight(listed);
  expect(response.status).toBe(204);
  const headers = Object.fromEntries(response.headers);
  expect(headers).toMatchObject({
    'access-control-allow-origin': listed,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, HEAD, POST',
    'access-control-max-age': '600',
  });
  for (const name of ['authorization', 'content-type', 'x-request-id'])
    expect(headers['access-control-allow-headers']?.split(', ')).toContain(name);
  expect(headers.vary).toMatch(/\bOrigin\b/);
});

test('a page of a listed origin may query and read headers; refusals too', async () => {
  const answer = await query(listed, { authorization });
  expect([answer.status, await answer.json()]).toMatchObject([200, { data: { strategies: { totalCount: 2 } } }]);
  expect(answer.headers.get('access-control-allow-origin')).toBe(listed);
  expect(answer.headers.get('access-control-expose-headers')).toBe(
    'x-request-id, retry-after, etag, content-disposition, x-export-build, x-total-rows',
  );
  expect(answer.headers.get('vary')).toMatch(/Origin.*accept-encoding/);
  const refused = await query(listed);
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, listed]);
});

test('an ETag does not hide that the answer depends on the origin', async () => {
  const url = `${service.url}/graphql?query=${encodeURIComponent('{ strategies { totalCount } }')}`;
  const response = await fetch(url, { headers: { origin: listed, authorization, 'apollo-require-preflight': '1' } });
  expect(response.headers.get('etag')).toMatch(/^W\//);
  expect(response.headers.get('vary')).toBe('Origin, accept, accept-encoding');
});

describe('any other origin is refused', () => {
  test.each([
    'https://evil.test',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com.evil.test',
    'https://APP.example.com',
    'https://app.example.com/',
    'null',
    '*',
    `${listed}, ${listed}`,
  ])('%s', async (origin) => {
    for (const response of [await preflight(origin), await query(origin, { authorization })]) {
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'ORIGIN_NOT_ALLOWED' } }] });
    }
  });
});

test('a listed origin does not allow any Host', async () => {
  const { port } = new URL(service.url);
  const head = ['OPTIONS /graphql HTTP/1.1', `Host: evil.test:${port}`, `Origin: ${listed}`];
  expect((await sendRaw(service.url, [...head, 'access-control-request-method: POST'])).status).toBe(403);
});

test('without CORS_ORIGINS no page of another origin may call', async () => {
  expect((await preflight(listed, closed)).status).toBe(403);
  expect((await query(listed, { authorization }, closed)).status).toBe(403);
  const own = await query(closed.url, { authorization }, closed);
  expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, null]);
});

test.each([
  ['an origin', { 'access-control-request-method': 'POST' }],
  ['a method', { origin: listed }],
])(
  'OPTIONS without %s is no preflight: a method that no path has',
  async (_missing, headers: Record<string, string>) => {
    const options = (path: string, more = {}) =>
      fetch(service.url + path, { method: 'OPTIONS', headers: { ...headers, ...more } });
    expect((await options('/graphql')).status).toBe(401);
    for (const [path, status, allow] of [
      ['/graphql', 405, 'GET, POST'],
      ['/graphiql/', 405, 'GET, HEAD'],
      ['/nothing', 404, null],
    ] as const) {
      const response = await options(path, { authorization });
      expect([response.status, response.headers.get('allow')], path).toEqual([status, allow]);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    }
  },
);
