import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import { nextOf } from '../../src/export/list-reader.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { type ExportBody, refusalOf, requestExport, rowsOf } from '../support/exports.ts';
import { latch } from '../support/push-api.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

const viewer = newKey({ name: 'ana' });
const program = newKey({ name: 'job', restrictions: ['documents-only'] });
const guest = newKey({ name: 'guest', restrictions: ['no-introspection'] });
const trusted = '{ strategies { nodes { id } } }';
const cursor =
  'query ($after: String) { ...L } fragment L on Query { strategies(first: 2, after: $after) { nodes { id } } }';
const limited = [
  trusted,
  '{ strategies(first: 2) { nodes { id } } }',
  'query ($first: Int) { strategies(first: $first) { nodes { id } } }',
  'query ($first: Int) { strategies(first: $first, after: null) { nodes { id } } }',
];

let database: TestDatabase;
let service: TestService;
/** With authentication. */
let closed: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(3), smallWorldAsOf);
  service = await serve(database.target);
  const known = new Map([cursor, ...limited].map((text) => [idOfDocument(text), text]));
  const documents = { find: (id: string) => known.get(id) ?? null };
  closed = await serve(database.target, {
    credentials: { keys: keysOf(viewer, program, guest), verifyJwt: null, now: () => present },
    documents,
  });
});
afterAll(async () => {
  await closed?.close();
  await service?.close();
  await database?.close();
});

test.each<[string, string, RegExp]>([
  ['two lists', '{ strategies { nodes { id } } campaigns { nodes { id } } }', /one top-level field/],
  ['one list twice', '{ a: strategies { nodes { id } } b: strategies { nodes { id } } }', /one top-level field/],
  ['a field that is no list', '{ dataStatus { build } }', /one top-level field/],
  ['a list without pages', '{ dataQuality { check } }', /one top-level field/],
  [
    'a plan, each page of which reads everything',
    '{ planMetricsPush(input: {}) { rows { iterationId } } }',
    /one top-level field/,
  ],
  ['introspection', '{ __schema { types { name } } }', /one top-level field/],
  ['no rows', '{ strategies { totalCount } }', /Select the rows/],
  ['cursors only', '{ strategies { edges { cursor } } }', /Select the rows/],
  ['rows twice', '{ strategies { nodes { id } edges { node { id } } } }', /once, not as nodes and edges\.node/],
  ['a list in each row', '{ strategies { nodes { id iterations { nodes { id } } } } }', /pages of its own: iterations/],
  [
    'a condition on the list',
    'query ($no: Boolean = true) { strategies @skip(if: $no) { nodes { id } } }',
    /must not depend/,
  ],
  ['a condition on its rows', '{ strategies { nodes @include(if: true) { id } } }', /must not depend/],
])('%s: NOT_EXPORTABLE', async (_, query, message) => {
  service.takeStatements();
  const refusal = await refusalOf(await requestExport(service, { query, format: 'csv' }));
  expect(refusal).toMatchObject({ status: 400, code: 'NOT_EXPORTABLE', message: expect.stringMatching(message) });
  expect(service.takeStatements()).toEqual([]);
});

test('a mutation is refused and not executed', async () => {
  const query = 'mutation { cancelPush(runId: "5bb47a1c-6d8f-4d3a-8d5c-111111111111") { id } }';
  expect(await refusalOf(await requestExport(service, { query, format: 'csv' }))).toMatchObject({
    status: 400,
    code: 'NOT_EXPORTABLE',
  });
});

test.each<[string, ExportBody & Record<string, unknown>, number, string]>([
  ['no operation', { format: 'csv' }, 400, 'BAD_REQUEST'],
  ['no format', { query: trusted }, 400, 'BAD_REQUEST'],
  ['an unknown format', { query: trusted, format: 'xlsx' }, 400, 'BAD_REQUEST'],
  ['a path as file name', { query: trusted, format: 'csv', filename: '../x' }, 400, 'BAD_REQUEST'],
  ['a header as file name', { query: trusted, format: 'csv', filename: 'a"\r\nx: y' }, 400, 'BAD_REQUEST'],
  ['variables as a list', { query: trusted, format: 'csv', variables: [] }, 400, 'BAD_REQUEST'],
  ['an unknown document', { documentId: idOfDocument('{ x }'), format: 'csv' }, 404, 'DOCUMENT_NOT_FOUND'],
  ['a document that is not GraphQL', { query: '{', format: 'csv' }, 400, 'GRAPHQL_PARSE_FAILED'],
  ['a field that does not exist', { query: '{ nothing }', format: 'csv' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
  ['an unknown operation', { query: trusted, operationName: 'X', format: 'csv' }, 400, 'OPERATION_RESOLUTION_FAILURE'],
  [
    'a variable of another type',
    {
      query: 'query ($ids: [ID!]) { strategies(filter: {ids: $ids}) { nodes { id } } }',
      variables: { ids: [1.5] },
      format: 'csv',
    },
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a cursor of another list',
    { query: '{ strategies(after: "x") { nodes { id } } }', format: 'csv' },
    400,
    'BAD_USER_INPUT',
  ],
  [
    'an unknown build',
    { query: '{ conversions(atBuild: "x") { nodes { id } } }', format: 'csv' },
    409,
    'BUILD_NOT_KEPT',
  ],
  ['too many tokens', { query: `{ ${'a '.repeat(20_000)} }`, format: 'csv' }, 400, 'COST_LIMIT'],
  [
    'too many levels',
    {
      query: `{ strategies { nodes ${'{ currentIteration { strategy '.repeat(12)}{ id }${' } }'.repeat(12)} } }`,
      format: 'csv',
    },
    400,
    'COST_LIMIT',
  ],
])('%s: refused before the first byte', async (_, body, status, code) => {
  const answer = await requestExport(service, body);
  expect([answer.headers.get('cache-control'), answer.headers.get('content-type')]).toEqual([
    'no-store',
    'application/json; charset=utf-8',
  ]);
  expect(await refusalOf(answer)).toMatchObject({ status, code });
});

test('rows that cost more than an operation may are refused', async () => {
  const { limits } = loadConfig({});
  const small = await serve(database.target, { limits: { ...limits, maxCost: 1 } });
  try {
    const refusal = await refusalOf(await requestExport(small, { query: trusted, format: 'csv' }));
    expect(refusal).toMatchObject({ status: 400, code: 'COST_LIMIT' });
  } finally {
    await small.close();
  }
});

test('a first page of more text than a response may have is refused', async () => {
  const { limits } = loadConfig({});
  const small = await serve(database.target, { limits: { ...limits, maxAnswerBytes: 5 } });
  try {
    const refusal = await refusalOf(await requestExport(small, { query: trusted, format: 'csv' }));
    expect(refusal).toMatchObject({ status: 400, message: expect.stringContaining('A page of the list exceeds') });
  } finally {
    await small.close();
  }
});

test('a page before others that has no cursor does not end the list', () => {
  expect(nextOf({ hasNextPage: true, endCursor: 'x' })).toBe('x');
  expect(nextOf({ hasNextPage: false, endCursor: 'x' })).toBeNull();
  expect(() => nextOf({ hasNextPage: true, endCursor: null })).toThrow();
});

describe('HTTP', () => {
  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'PROPFIND'])(
    '%s is not supported, whatever its body',
    async (method) => {
      const json = { 'content-type': 'application/json' };
      for (const [path, allowed] of [
        ['/export', 'POST'],
        ['/graphql', 'GET, POST'],
        ['/healthz', 'GET, HEAD'],
        ['/schema.graphql', 'GET, HEAD'],
      ]) {
        for (const request of [{}, { headers: json }, { headers: json, body: '{' }, { headers: json, body: '{}' }]) {
          const answer = await fetch(`${service.url}${path}`, { method, ...request });
          expect([answer.headers.get('allow'), await refusalOf(answer)]).toMatchObject([
            allowed,
            {
              status: 405,
              code: 'BAD_REQUEST',
              message: `${path} does not support ${method}. Use ${allowed?.replace(', ', ' or ')}.`,
            },
          ]);
        }
      }
    },
  );

  test.each(['GET', 'HEAD', 'TRACE'])('nor is an export by %s', async (method) => {
    const { hostname, port } = new URL(service.url);
    const headers = { 'content-type': 'application/json' };
    const sent = httpRequest({ hostname, port, path: '/export?x=1', method, headers }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'POST']);
    const body = await text(answer);
    expect(body.includes(`/export does not support ${method}. Use POST.`)).toBe(method !== 'HEAD');
  });

  test('of a path that does not exist no body is read', async () => {
    for (const path of ['/nothing', '/graphql/', '/graphql/x']) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(service.url + path, { method: 'POST', headers, body: '{' });
      expect(await refusalOf(answer)).toMatchObject({ status: 404, message: expect.stringMatching(/^Not found\./) });
    }
  });

  test('1.0 is refused: its clients would take a part of the file for the whole', async () => {
    const { host, hostname, port } = new URL(service.url);
    const body = JSON.stringify({ query: trusted, format: 'csv' });
    const socket = connect({ host: hostname, port: Number(port) });
    service.takeStatements();
    socket.end(
      `POST /export HTTP/1.0\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 505 /);
    expect(answer).toContain('"BAD_REQUEST"');
    expect(answer).toContain('proxy_http_version 1.1');
    expect(service.takeStatements()).toEqual([]);
  });

  test.each<[string, string | URLSearchParams]>([
    ['text/plain', JSON.stringify({ query: trusted, format: 'csv' })],
    ['application/x-www-form-urlencoded', new URLSearchParams({ query: trusted, format: 'csv' })],
    ['application/json; charset=latin1', JSON.stringify({ query: trusted, format: 'csv' })],
  ])('a body of type %s, which a form could send, is refused', async (type, body) => {
    const answer = await fetch(`${service.url}/export`, { method: 'POST', headers: { 'content-type': type }, body });
    expect(await refusalOf(answer)).toMatchObject({ status: 415, code: 'BAD_REQUEST' });
  });

  test('a page of another origin is refused', async () => {
    const headers = { origin: 'https://a.example' };
    const answer = await requestExport(service, { query: trusted, format: 'csv' }, { headers });
    expect(await refusalOf(answer)).toMatchObject({ status: 403, code: 'ORIGIN_NOT_ALLOWED' });
  });
});

describe('keys', () => {
  const as = (key: string | null, body: ExportBody) =>
    requestExport(closed, { format: 'ndjson', ...body }, { headers: key ? { authorization: `Bearer ${key}` } : {} });

  test('are required, and a viewer may export', async () => {
    expect(await refusalOf(await as(null, { query: trusted }))).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(rowsOf(await (await as(viewer.key, { query: trusted })).text()).length).toBe(3);
  });

  test('have their exports in the audit log', async () => {
    const query = '{ strategies { nodes { id } } }';
    const headers = { authorization: `Bearer ${viewer.key}`, 'x-request-id': 'an-export' };
    await (await requestExport(closed, { query, format: 'csv' }, { headers })).text();
    await expect.poll(() => closed.log.find((line) => line.includes('an-export'))).toBeDefined();
    expect(JSON.parse(closed.log.find((line) => line.includes('an-export')) ?? '')).toMatchObject({
      msg: 'export',
      audit: true,
      caller: 'ana',
      role: 'viewer',
      operation: 'export strategies',
      outcome: 'OK',
      rows: 3,
    });
  });

  test('that may send only trusted documents export only those', async () => {
    expect(await refusalOf(await as(program.key, { query: trusted }))).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
    const answer = await as(program.key, { documentId: idOfDocument(cursor) });
    expect(rowsOf(await answer.text()).length).toBe(3);
  });

  test.each(limited)('that may send only trusted documents export no more rows than %s reads', async (text) => {
    closed.takeStatements();
    const documentId = idOfDocument(text);
    expect(await refusalOf(await as(program.key, { documentId, variables: { first: 1 } }))).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      message: expect.stringContaining('after: $after'),
    });
    expect(closed.takeStatements()).toEqual([]);
    expect(rowsOf(await (await as(viewer.key, { documentId })).text()).length).toBe(3);
  });

  test('that may not read the schema are told no names', async () => {
    const query = '{ strategies { nodes { idd } } }';
    expect((await refusalOf(await as(viewer.key, { query }))).message).toContain('Did you mean');
    expect((await refusalOf(await as(guest.key, { query }))).message).not.toContain('Did you mean');
  });

  test('a mutation beyond the role is forbidden', async () => {
    const query = 'mutation { pushMetrics(input: {}) { id } }';
    expect(await refusalOf(await as(viewer.key, { query }))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });
});

test('further exports are refused while all places are taken, and other requests are answered', async () => {
  const held = latch();
  const { limits } = loadConfig({});
  const beforeQuery = async (name: string) => {
    if (name === 'strategies.page') await held.wait();
  };
  const busy = await serve(database.target, { limits: { ...limits, maxExports: 1 } }, { beforeQuery });
  try {
    const first = requestExport(busy, { query: trusted, format: 'ndjson' });
    await held.reached;
    expect(await (await fetch(`${busy.url}/metrics`)).text()).toContain('attribution_exports_in_progress 1\n');
    const answer = await requestExport(busy, { query: trusted, format: 'ndjson' });
    expect(answer.headers.get('retry-after')).toBe('10');
    expect(await refusalOf(answer)).toMatchObject({
      status: 503,
      code: 'SERVICE_OVERLOADED',
      message: expect.stringContaining('EXPORT_CONCURRENCY'),
    });
    expect((await busy.send('{ __typename }')).status).toBe(200);
    held.release();
    expect(rowsOf(await (await first).text()).length).toBe(3);
    expect((await requestExport(busy, { query: trusted, format: 'ndjson' })).status).toBe(200);
    const metrics = await (await fetch(`${busy.url}/metrics`)).text();
    expect(metrics).toContain('attribution_export_rows_total{format="ndjson"} 6\n');
    expect(metrics).toMatch(/_count\{route="\/export",operation="anonymous",code="OK"\} 2\n/);
  } finally {
    held.release();
    await busy.close();
  }
});

test('a caller leaves a place for others', async () => {
  const held = latch();
  const { limits } = loadConfig({});
  const beforeQuery = async (name: string) => {
    if (name === 'strategies.page') await held.wait();
  };
  const credentials = { keys: keysOf(viewer, guest), verifyJwt: null, now: () => present };
  const shared = await serve(database.target, { credentials, limits: { ...limits, maxExports: 2 } }, { beforeQuery });
  const as = ({ key }: { readonly key: string }) =>
    requestExport(shared, { query: trusted, format: 'ndjson' }, { headers: { authorization: `Bearer ${key}` } });
  try {
    const first = as(viewer);
    await held.reached;
    expect(await refusalOf(await as(viewer))).toMatchObject({
      status: 503,
      code: 'SERVICE_OVERLOADED',
      message: expect.stringContaining('one caller'),
    });
    const other = as(guest);
    held.release();
    for (const answer of await Promise.all([first, other])) expect(rowsOf(await answer.text()).length).toBe(3);
    expect((await as(viewer)).status).toBe(200);
  } finally {
    held.release();
    await shared.close();
  }
});
