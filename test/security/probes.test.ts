import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keysOf, newKey } from '../support/authentication.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// The probes of graphql-cop and its like, sent without a key, as a viewer, and with the keys of a machine.

const viewer = newKey({ name: 'ana' });
const hidden = newKey({ name: 'guest', restrictions: ['no-introspection'] });
const machine = newKey({ name: 'backend', restrictions: ['documents-only'] });

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(3), smallWorldAsOf);
  service = await serve(database.target, {
    credentials: { keys: keysOf(viewer, hidden, machine), verifyJwt: null, now: () => present },
    logger: pino({ level: 'silent' }),
  });
});
afterAll(async () => {
  await service.close();
  await database.close();
});

interface Probe {
  readonly method?: string;
  readonly search?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function send({ method = 'POST', search = '', headers, body }: Probe, key: string | null) {
  const response = await fetch(`${service.url}/graphql${search}`, {
    method,
    headers: {
      ...(headers ?? { 'content-type': 'application/json' }),
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    body: JSON.parse(text) as { data?: Record<string, unknown>; errors?: object[] },
    headers: response.headers,
  };
}

const graphql = (query: string): Probe => ({ body: JSON.stringify({ query }) });
const repeated = (count: number, part: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => part(at)).join(' ');
const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** Each must be refused without data. The statuses are those for a viewer. */
const refused: readonly (readonly [string, Probe, number])[] = [
  ['alias overload', graphql(`{ ${repeated(101, (at) => `a${at}: __typename`)} }`), 400],
  [
    'alias overload below the root',
    graphql(`{ strategies(first: 1000) { nodes { ${repeated(2_000, (at) => `a${at}: id`)} } } }`),
    400,
  ],
  ['array batch', { body: JSON.stringify(Array(10).fill({ query: '{ __typename }' })) }, 400],
  ['batch of one', { body: '[{"query":"{ __typename }"}]' }, 400],
  ['directive overload', graphql(`{ __typename ${'@aa'.repeat(10)} }`), 400],
  ['directive overload by a known one', graphql(`{ __typename ${'@skip(if: false) '.repeat(10)} }`), 400],
  ['circular fragment', graphql('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'), 400],
  [
    'circular introspection',
    graphql(
      `{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }`,
    ),
    400,
  ],
  ['field duplication', graphql(`{ ${'__typename '.repeat(500)} }`), 400],
  ['mutation by GET', { method: 'GET', search: '?query=mutation{__typename}', headers: json }, 405],
  ['mutation by GET without a header', { method: 'GET', search: '?query=mutation{__typename}', headers: {} }, 400],
  ['query by GET from a link', { method: 'GET', search: '?query={__typename}', headers: {} }, 400],
  ['query by GET as a form', { method: 'GET', search: '?query={__typename}', headers: form }, 400],
  ['url-encoded POST', { headers: form, body: 'query={__typename}' }, 415],
  ['text/plain POST', { headers: { 'content-type': 'text/plain' }, body: '{"query":"{__typename}"}' }, 400],
  ['multipart POST', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }, 415],
  ['operation in the URL of a POST', { search: '?query={__typename}', body: '{}' }, 400],
  [
    'automatic persisted query, registered by anyone',
    {
      body: JSON.stringify({
        query: '{ __typename }',
        extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } },
      }),
    },
    200,
  ],
  ['subscription', graphql('subscription { __typename }'), 400],
  ['federation', graphql('{ _service { sdl } _entities(representations: []) { __typename } }'), 400],
  ['deferred parts', graphql('{ strategies { nodes { id ... @defer { name } } } }'), 400],
];

describe.each([
  ['without a key', null, () => 401],
  ['as a viewer', viewer.key, (status: number) => status],
] as const)('%s is refused, without data:', (_, key, statusFor) => {
  test.each(refused)('%s', async (_name, probe, status) => {
    const answer = await send(probe, key);
    expect(answer.body.errors?.length).toBeGreaterThan(0);
    expect([answer.status, answer.body.data]).toEqual([statusFor(status), undefined]);
  });
});

describe('what the schema reveals', () => {
  const introspection = graphql('{ __schema { types { name fields { name } } } }');
  const typo = graphql('{ strategie { id } }');

  test('introspection is for a viewer, and not for others', async () => {
    const [stranger, guest, backend, ana] = [
      await send(introspection, null),
      await send(introspection, hidden.key),
      await send(introspection, machine.key),
      await send(introspection, viewer.key),
    ];
    expect([stranger.status, guest.status, backend.status, ana.status]).toEqual([401, 403, 403, 200]);
    for (const { text } of [stranger, guest, backend]) expect(text).not.toContain('StrategyConnection');
    expect(ana.text).toContain('StrategyConnection');
  });

  test('field suggestions too', async () => {
    const texts = await Promise.all([null, hidden.key, machine.key, viewer.key].map((key) => send(typo, key)));
    expect(texts.map(({ text }) => /did you mean/i.test(text))).toEqual([false, false, false, true]);
  });
});

describe('what an answer reveals', () => {
  test.each<Readonly<Record<string, string>>>([
    { 'apollo-federation-include-trace': 'ftv1' },
    { 'x-apollo-tracing': '1' },
    { 'x-debug': '1', debug: 'true' },
    { 'x-cache-control': 'no-cache', 'apollo-query-plan-experimental': '1' },
  ])('no trace, whatever headers ask for one: %o', async (asked) => {
    for (const query of ['{ dataStatus { build } }', '{ nothing }', '{']) {
      const plain = await send(graphql(query), viewer.key);
      const answer = await send({ ...graphql(query), headers: { ...json, ...asked } }, viewer.key);
      expect(answer.text).toBe(plain.text);
      expect(Object.keys(answer.body).filter((key) => !['data', 'errors', 'extensions'].includes(key))).toEqual([]);
      expect(answer.text).not.toMatch(/tracing|ftv1|stacktrace|exception|queryPlan|node_modules/);
    }
  });

  test('no server software, and no page for browsers at the endpoint', async () => {
    for (const key of [null, viewer.key]) {
      const page = await send({ method: 'GET', headers: { accept: 'text/html' } }, key);
      expect(page.headers.get('content-type')).toMatch(/^application\/json/);
      for (const name of ['server', 'x-powered-by']) expect(page.headers.get(name)).toBeNull();
    }
  });

  test.each(['TRACE', 'PUT', 'PATCH', 'DELETE'])('nothing by %s', async (method) => {
    if (method === 'TRACE') return void (await expect(send({ method }, viewer.key)).rejects.toThrow());
    expect(await send({ method, ...graphql('{ __typename }') }, viewer.key)).toMatchObject({ status: 405 });
    expect(await send({ method, ...graphql('{ __typename }') }, null)).toMatchObject({ status: 401 });
  });
});
