import { ApolloServer } from '@apollo/server';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { StoredKey } from '../../src/auth/keys-file.ts';
import { loadConfig } from '../../src/config/index.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import type { ServerOptions } from '../../src/server.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { latch } from '../support/push-api.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// Two services on one warehouse: one executes each request in Apollo's pipeline, the other answers known operations without it.
// Status, headers and text of their answers must be equal.

const list = `query List($first: Int, $ids: [ID!], $after: String) {
  strategies(first: $first, after: $after, filter: { ids: $ids }) { nodes { id name iterations(first: $first) { nodes { id metrics { payout } } } }
  pageInfo { endCursor } } }`;
const one = 'query ($id: ID!) { conversion(id: $id) { id payout strategy { id } iteration { name } } }';
const two = 'query A { strategies { totalCount } } query B($n: Int!) { iterations(first: $n) { nodes { id } } }';
const status = '{ dataStatus { build isStale } }';
const trusted = 'query Trusted($id: ID!) { strategy(id: $id) { id name } }';

const { limits: defaults } = loadConfig({});
let database: TestDatabase;
let apollo: TestService;
let known: TestService;
let pipeline: ReturnType<typeof vi.spyOn>;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(), smallWorldAsOf);
  [apollo, known] = await both();
  pipeline = vi.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');
});
afterAll(async () => {
  pipeline?.mockRestore();
  await apollo?.close();
  await known?.close();
  await database?.close();
});

const opened: TestService[] = [];
afterEach(async () => {
  for (const service of opened.splice(0)) await service.close();
});

function both(limits: Partial<ServerOptions['limits']> = {}, options: Partial<ServerOptions> = {}) {
  const documents = { find: (id: string) => (id === idOfDocument(trusted) ? trusted : null) };
  const open = (compileAfter: number) =>
    serve(database.target, { documents, ...options, limits: { ...defaults, ...limits, compileAfter } });
  return Promise.all([open(1_000_000), open(0)]);
}

interface Request {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly search?: string;
}

async function send(to: TestService, { body, headers = {}, method = 'POST', search = '' }: Request) {
  const response = await fetch(`${to.url}/graphql${search}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-request-id': 'fixed', ...headers },
    ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  });
  const { date: _, ...others } = Object.fromEntries(response.headers);
  return { status: response.status, headers: others, text: await response.text() };
}

/** Sends a request until its answer can't change, and returns how the last one was answered. */
async function expectSame(request: Request, services: readonly [TestService, TestService] = [apollo, known]) {
  const expected = await send(services[0], request);
  let passed = 0;
  for (let time = 0; time < 3; time += 1) {
    const before = pipeline.mock.calls.length;
    expect(await send(services[1], request)).toEqual(expected);
    passed = pipeline.mock.calls.length - before;
  }
  return { status: expected.status, by: passed === 0 ? 'itself' : 'Apollo' };
}

const good = { query: list, variables: { first: 2, ids: ['1', '2', '5'] } };

describe('answered without the pipeline', () => {
  test.each<[string, Request]>([
    ['a list with variables', { body: good }],
    ['without its variables', { body: { query: list } }],
    ['null variables', { body: { query: list, variables: null, operationName: null, extensions: null } }],
    ['variables that the document does not have', { body: { query: list, variables: { other: 1 } } }],
    ['a number for an ID', { body: { query: one, variables: { id: 1 } } }],
    ['a row that does not exist', { body: { query: one, variables: { id: 'lost' } } }],
    ['a name', { body: { query: two, operationName: 'B', variables: { n: 3 } } }],
    ['another name', { body: { query: two, operationName: 'A' } }],
    ['a volatile field', { body: { query: status } }],
    ['other members', { body: { ...good, id: 7, extensions: { client: { name: 'a' } } } }],
    ['a trusted document', { body: { documentId: idOfDocument(trusted), variables: { id: '1' } } }],
    ['its charset', { body: good, headers: { 'content-type': 'application/json; charset=UTF-8' } }],
    ['any type', { body: good, headers: { accept: '*/*' } }],
    ['the type of GraphQL', { body: good, headers: { accept: 'application/graphql-response+json' } }],
    ['weights', { body: good, headers: { accept: 'application/json;q=0.5, application/graphql-response+json' } }],
    ['a tag, which is for GET', { body: good, headers: { 'if-none-match': '*' } }],
    ['compressed', { body: { query: list }, headers: { 'accept-encoding': 'br' } }],
  ])('%s', async (_, request) => {
    expect(await expectSame(request)).toEqual({ status: 200, by: 'itself' });
  });
});

describe('left to the pipeline', () => {
  test.each<[string, number, Request]>([
    ['a variable of another type', 400, { body: { query: list, variables: { first: 'two' } } }],
    ['a variable that is missing', 400, { body: { query: one } }],
    ['a value that a resolver refuses', 400, { body: { query: list, variables: { first: 0 } } }],
    ['a cursor that is none', 400, { body: { query: list, variables: { after: 'x' } } }],
    ['too high a cost', 400, { body: { query: list, variables: { first: 1000 } } }],
    ['an unknown name', 400, { body: { query: two, operationName: 'C' } }],
    ['an empty name', 400, { body: { query: list, operationName: '' } }],
    ['no name, of two', 400, { body: { query: two } }],
    ['a name that is a number', 400, { body: { query: list, operationName: 1 } }],
    ['variables in a list', 400, { body: { query: list, variables: [] } }],
    ['variables in a text', 400, { body: { query: list, variables: '{}' } }],
    ['extensions in a text', 400, { body: { query: list, extensions: '{}' } }],
    ['a persisted query', 200, { body: { ...good, extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } } }],
    ['a batch', 400, { body: [good] }],
    ['an empty document', 400, { body: { query: '' } }],
    ['both a document and its id', 400, { body: { query: list, documentId: idOfDocument(trusted) } }],
    ['no type that it accepts', 406, { body: good, headers: { accept: 'text/plain' } }],
    ['another type of body', 415, { body: JSON.stringify(good), headers: { 'content-type': 'text/xml' } }],
    ['a body that is a text', 400, { body: JSON.stringify(good), headers: { 'content-type': 'text/plain' } }],
    ['a directive', 200, { body: { query: '{ strategies { totalCount @skip(if: false) } }' } }],
    ['an introspection', 200, { body: { query: '{ __type(name: "Query") { name } }' } }],
    ['a mutation', 404, { body: { query: 'mutation { cancelPush(runId: "1") { id } }' } }],
    ['a field that fails beside others', 200, { body: { query: '{ strategies { totalCount } strategy { id } }' } }],
    ['a full read', 409, { body: { query: '{ pushDrift { compared } }' } }],
    ['GET', 200, { body: null, method: 'GET', search: `?query=${encodeURIComponent(list)}` }],
    [
      'GET of what it has',
      304,
      { body: null, method: 'GET', search: `?query=${encodeURIComponent(list)}`, headers: { 'if-none-match': '*' } },
    ],
  ])('%s', async (_, code, request) => {
    await expectSame({ body: good });
    await expectSame({ body: { query: one, variables: { id: 'e0001' } } });
    const { status, by } = await expectSame(request);
    expect(status).toBe(code);
    // Those that do not reach GraphQL reach neither.
    const isRefusedBefore =
      code === 415 || (typeof request.body === 'object' && request.body && 'documentId' in request.body);
    if (!isRefusedBefore) expect(by).toBe('Apollo');
    // It is not counted against an operation for other callers.
    expect(await expectSame({ body: good })).toEqual({ status: 200, by: 'itself' });
  });

  test('a warehouse without its tables, and for some time afterwards', async () => {
    const request = { body: { query: one, variables: { id: 'e0001' } } };
    expect(await expectSame(request)).toEqual({ status: 200, by: 'itself' });
    await database.query('alter table attribution.attribution_builds rename to hidden');
    expect(await expectSame(request)).toEqual({ status: 503, by: 'Apollo' });
    await database.query('alter table attribution.hidden rename to attribution_builds');
    expect(await expectSame(request)).toEqual({ status: 200, by: 'Apollo' });
  });
});

test('an answer that is too large is computed once', async () => {
  const small = await both({ maxAnswerBytes: 1_000 });
  opened.push(...small);
  const few = { body: { query: list, variables: { first: 1, ids: ['1'] } } };
  expect(await expectSame(few, small)).toEqual({ status: 200, by: 'itself' });
  expect(await expectSame({ body: { query: list } }, small)).toEqual({ status: 400, by: 'itself' });
  expect(await expectSame(few, small)).toEqual({ status: 200, by: 'itself' });
});

describe('the checks of each request', () => {
  const request = { body: good };
  const as = ({ key }: { readonly key: string }, body: unknown = good) => ({
    body,
    headers: { authorization: `Bearer ${key}` },
  });

  test('the role and the restrictions of the caller', async () => {
    const [viewer, outsider, app] = [
      newKey({ name: 'viewer' }),
      newKey({ name: 'none', role: 'none' as StoredKey['role'] }),
      newKey({ name: 'app', restrictions: ['documents-only'] }),
    ];
    const credentials = { keys: keysOf(viewer, outsider, app), verifyJwt: null, now: () => present };
    const services = await both({}, { credentials });
    opened.push(...services);
    expect(await expectSame(as(viewer), services)).toEqual({ status: 200, by: 'itself' });
    expect(await expectSame(as(outsider), services)).toEqual({ status: 403, by: 'Apollo' });
    expect((await expectSame(as(app), services)).status).toBe(403);
    expect((await expectSame(request, services)).status).toBe(401);
    const named = { documentId: idOfDocument(trusted), variables: { id: '1' } };
    expect(await expectSame(as(app, named), services)).toEqual({ status: 200, by: 'itself' });
    expect((await expectSame(as(app, { query: trusted, variables: { id: '1' } }), services)).status).toBe(403);
    expect(await expectSame(as(viewer), services)).toEqual({ status: 200, by: 'itself' });
  });

  test('the number of requests', async () => {
    const viewer = newKey();
    const credentials = { keys: keysOf(viewer), verifyJwt: null, now: () => present };
    const services = await both({ perMinute: 3 }, { credentials });
    opened.push(...services);
    const [, service] = services;
    const before = pipeline.mock.calls.length;
    const statuses: number[] = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await send(service, as(viewer))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(pipeline.mock.calls.length - before).toBe(1);
  });

  test('introspection that is off', async () => {
    const services = await both({ introspection: false });
    opened.push(...services);
    expect(await expectSame(request, services)).toEqual({ status: 200, by: 'itself' });
    for (const query of ['{ __schema { queryType { name } } }', '{ strategies { totalCoun } }'])
      expect(await expectSame({ body: { query } }, services)).toEqual({ status: 400, by: 'Apollo' });
  });
});

test('an operation whose answer has an error is executed once more, not twice', async () => {
  const query = 'query ($first: Int) { iterations { totalCount } strategies(first: $first) { totalCount } }';
  await expectSame({ body: { query } });
  known.takeStatements();
  const counts = () => known.takeStatements().filter(({ sql }) => sql.includes('count(')).length;
  expect(await send(known, { body: { query } })).toMatchObject({ status: 200 });
  const good = counts();
  expect(await send(known, { body: { query, variables: { first: 0 } } })).toMatchObject({ status: 400 });
  // Without that of the list that is refused.
  expect([good, counts()]).toEqual([2, 2]);
});

test('a client that leaves is not executed for again, and has no effect on others', async () => {
  let before = async () => {};
  const limits = { ...defaults, compileAfter: 0 };
  const service = await serve(database.target, { limits }, { beforeQuery: () => before() });
  opened.push(service);
  const request = { query: one, variables: { id: 'e0001' } };
  await send(service, { body: request });
  const calls = pipeline.mock.calls.length;
  const held = latch();
  before = held.wait;
  const client = new AbortController();
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(request);
  const left = fetch(`${service.url}/graphql`, { method: 'POST', headers, body, signal: client.signal });
  await held.reached;
  client.abort();
  await expect(left).rejects.toThrow();
  await expect.poll(async () => (await fetch(`${service.url}/metrics`)).text()).toContain('code="CLIENT_DISCONNECTED"');
  before = async () => {};
  held.release();
  expect((await send(service, { body: request })).status).toBe(200);
  expect(pipeline.mock.calls.length).toBe(calls);
  expect(service.log).toEqual([]);
});

test('answers that are kept are the same, and metrics have the same names', async () => {
  const services = await both({}, { keptAnswerBytes: 2 ** 20, buildCheckSeconds: 3_600 });
  opened.push(...services);
  for (const body of [good, { query: status }, { query: list, variables: { first: -1 } }])
    await expectSame({ body }, services);
  // Not the same request, so that it is computed.
  for (let first = 3; first < 6; first += 1)
    await expectSame({ body: { query: list, variables: { first } } }, services);
  const [expected, actual] = await Promise.all(
    services.map(async ({ url }) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return text.match(/^attribution_(request_duration_seconds_count|answers_total)\{.*\}/gm)?.toSorted();
    }),
  );
  expect(actual).toEqual(expected?.concat('attribution_answers_total{from="kept"}').toSorted());
});
