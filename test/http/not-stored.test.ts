import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

const viewer = newKey({ name: 'ana' });
const hidden = newKey({ name: 'guest', restrictions: ['no-introspection'] });
const busy = newKey({ name: 'busy' });

let database: TestDatabase;
let service: TestService;
/** Executes no request, and lets each caller send one in a minute. */
let full: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(3), smallWorldAsOf);
  const credentials = { keys: keysOf(viewer, hidden, busy), verifyJwt: null, now: () => present };
  const { limits } = loadConfig({});
  service = await serve(database.target, { credentials });
  full = await serve(database.target, { credentials, limits: { ...limits, maxExecuting: 0, perMinute: 1 } });
});
afterAll(async () => {
  await full?.close();
  await service?.close();
  await database?.close();
});

const json = { 'content-type': 'application/json' };
const query = (document: string): RequestInit => ({
  method: 'POST',
  headers: json,
  body: JSON.stringify({ query: document }),
});
const get = (document: string): string => `/graphql?${new URLSearchParams({ query: document })}`;
const preflight = { 'apollo-require-preflight': '1' };
const unregistered = JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } });

test.each<[string, number, string, RequestInit?]>([
  ['a document that is not GraphQL', 400, '/graphql', query('{')],
  ['a document that does not match the schema', 400, '/graphql', query('{ nothing }')],
  ['an invalid argument', 400, '/graphql', query('{ strategies(first: 0) { totalCount } }')],
  ['the same by GET', 400, get('{ strategies(first: 0) { totalCount } }'), { headers: preflight }],
  ['an operation that costs too much', 400, '/graphql', query(`{ ${'a '.repeat(20_000)} }`)],
  ['no query', 400, '/graphql', { method: 'POST', headers: json, body: '{}' }],
  ['a body that is not JSON', 400, '/graphql', { method: 'POST', headers: json, body: '{' }],
  ['no body', 400, '/graphql', { method: 'POST', headers: json }],
  ['a batch', 400, '/graphql', { method: 'POST', headers: json, body: '[]' }],
  ['a GET that a link could send', 400, get('{ dataStatus { build } }')],
  ['a malformed path', 400, '/%'],
  [
    'an unknown origin',
    403,
    '/graphql',
    { ...query('{ __typename }'), headers: { ...json, origin: 'https://a.example' } },
  ],
  [
    'an unknown document',
    404,
    '/graphql',
    { method: 'POST', headers: json, body: JSON.stringify({ documentId: idOfDocument('{ __typename }') }) },
  ],
  ['an unknown path', 404, '/nothing'],
  ['an unknown file', 404, '/graphiql/nothing.js'],
  ['a mutation by GET', 405, get('mutation { __typename }'), { headers: preflight }],
  ['an unknown method of GraphQL', 405, '/graphql', { method: 'PUT' }],
  ['a HEAD of GraphQL', 405, get('{ __typename }'), { method: 'HEAD' }],
  ['an unknown method of a probe', 405, '/healthz', { method: 'DELETE' }],
  ['an unknown method of the schema', 405, '/schema.graphql', { method: 'POST' }],
  [
    'a media type that is not offered',
    406,
    '/graphql',
    { ...query('{ __typename }'), headers: { ...json, accept: 'a/b' } },
  ],
  ['a body that is too large', 413, '/graphql', query(' '.repeat(2_000_000))],
  ['a form', 415, '/graphql', { method: 'POST', body: new URLSearchParams({ query: '{ __typename }' }) }],
  ['a charset', 415, '/graphql', { ...query(''), headers: { 'content-type': 'application/json; charset=latin1' } }],
  ['an error with status 200', 200, '/graphql', { method: 'POST', headers: json, body: unregistered }],
  ['a partial answer', 200, get('{ strategies { totalCount } strategy { id } }'), { headers: preflight }],
])('%s: %i, not to be stored', async (_, status, path, init = {}) => {
  const headers = { authorization: `Bearer ${viewer.key}`, ...init.headers };
  const response = await fetch(`${service.url}${path}`, { ...init, headers });
  expect([response.status, response.headers.get('cache-control')]).toEqual([status, 'no-store']);
});

test.each<[string, number, string, string | null, boolean]>([
  ['no key', 401, '/graphql', null, false],
  ['no key for a path that does not exist', 401, '/nothing', null, false],
  ['a key that may not introspect', 403, '/schema.graphql', hidden.key, false],
  ['too many requests in execution', 503, get('{ __typename }'), busy.key, true],
  ['too many requests of a caller', 429, get('{ __typename }'), busy.key, true],
])('%s: %i, not to be stored', async (_, status, path, key, isFull) => {
  const headers = { ...preflight, ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
  const response = await fetch(`${(isFull ? full : service).url}${path}`, { headers });
  expect([response.status, response.headers.get('cache-control')]).toEqual([status, 'no-store']);
});

test('malformed HTTP: not to be stored', async () => {
  const { hostname, port } = new URL(service.url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.write('nonsense\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 .*\r\ncache-control: no-store\r\n/s);
});
