import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jwtVerifier } from '../../src/auth/jwt.ts';
import { loadConfig } from '../../src/config/index.ts';
import {
  audience,
  type IdentityProvider,
  issuer,
  keysOf,
  newKey,
  startIdentityProvider,
} from '../support/authentication.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// Bad inputs and the expected answers, one row after the other, sent by a viewer to the real server. Row 9 is in
// injection.test.ts; rows 13 to 23 are about faults, not inputs, and have tests of their own.

const viewer = newKey({ name: 'ana' });
const hidden = newKey({ name: 'guest', restrictions: ['no-introspection'] });
const revoked = newKey({ revoked: '2026-02-01T00:00:00Z' });

let database: TestDatabase;
let provider: IdentityProvider;
let service: TestService;
const log: string[] = [];
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(), smallWorldAsOf);
  provider = await startIdentityProvider(present);
  const env = { JWT_JWKS_URL: provider.jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
  const { jwt } = loadConfig(env).auth;
  if (!jwt) throw new Error('no tokens');
  service = await serve(database.target, {
    credentials: {
      keys: keysOf(viewer, hidden, revoked),
      verifyJwt: jwtVerifier({ ...jwt, now: () => present, onUnavailable: () => {} }),
      now: () => present,
    },
    logger: pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
  });
});
afterAll(async () => {
  process.stdout.write(`${table.join('\n')}\n`);
  await service.close();
  await provider.close();
  await database.close();
});

/** Row, case, answer and time of each request. */
const table: string[] = [];

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly key?: string | null;
}

async function send(row: string, { method = 'POST', path = '/graphql', headers = {}, body, key = viewer.key }: Sent) {
  const started = performance.now();
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...('content-type' in headers || method === 'GET' ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const { status } = response;
  const { errors, data } = JSON.parse(text) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: string; errorId?: string } }[];
  };
  const [error] = errors ?? [];
  const code = error?.extensions.code;
  table.push(`${row}: ${status} ${code ?? 'OK'} in ${(performance.now() - started).toFixed(0)} ms`);
  // All answers have GraphQL's shape, and never a stack or a page.
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(text).not.toMatch(/node_modules|\.ts:\d|\.js:\d|<html/);
  return { status, code, message: error?.message ?? '', errors: errors?.length ?? 0, error, data, text };
}

const post = (row: string, query: unknown, variables: object = {}, key?: string | null) =>
  send(row, { body: JSON.stringify({ query, variables }), ...(key === undefined ? {} : { key }) });

const times = (count: number, part: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => part(at)).join(' ');
const nested = (levels: number, open: string, inner: string, close: string) =>
  `${open.repeat(levels)}${inner}${close.repeat(levels)}`;

const flood: readonly (readonly [string, string])[] = [
  ['10,000 aliases', `{ ${times(10_000, (at) => `a${at}: __typename`)} }`],
  ['100,000 aliases', `{ ${times(100_000, (at) => `a${at}: __typename`)} }`],
  ['3,000 aliases, fewer tokens than the limit', `{ ${times(3_000, (at) => `a${at}: __typename`)} }`],
  ['5,000 duplicate fields', `{ ${times(5_000, () => '__typename')} }`],
  ['5,000 duplicate fields below a list', `{ strategies { nodes { ${times(5_000, () => 'id')} } } }`],
  ['10,000 directives', `{ __typename ${times(10_000, () => '@skip(if: false)')} }`],
  ['4,000 unknown directives', `{ __typename ${times(4_000, () => '@a')} }`],
  ['5,000 unknown fields', `{ ${times(5_000, (at) => `b${at}`)} }`],
];

const bombs: readonly (readonly [string, string])[] = [
  [
    'a fragment bomb of 2^20',
    `{ ...f0 } ${times(20, (at) => `fragment f${at} on Query { ...f${at + 1} ...f${at + 1} }`)} fragment f20 on Query { __typename }`,
  ],
  [
    'a fragment bomb over a cycle of types',
    `{ strategies { nodes { ...f0 } } } ${times(12, (at) => `fragment f${at} on Strategy { a: iterations { nodes { strategy { ...f${at + 1} } } } b: iterations { nodes { strategy { ...f${at + 1} } } } }`)} fragment f12 on Strategy { id }`,
  ],
  ['a fragment cycle', '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'],
  ['depth 200', `{ strategies { nodes ${nested(66, '{ iterations { nodes { strategy ', '{ id }', ' } } }')} } }`],
  ['depth 1,100', `{ strategies { nodes ${nested(366, '{ iterations { nodes { strategy ', '{ id }', ' } } }')} } }`],
  ['3,000 inline fragments in each other', `{ ${nested(3_000, '... { ', '__typename', ' }')} }`],
  ['20,000 braces', '{a'.repeat(20_000)],
  ['4,000 lists in each other', `{ conversions(filter: {ids: ${nested(4_000, '[', '"1"', ']')}}) { totalCount } }`],
];

describe('row 1: floods', () => {
  test.each(flood)('%s', async (name, query) => {
    const { status, errors, data } = await post(`1 ${name}`, query);
    expect([400, 413]).toContain(status);
    expect(data).toBeUndefined();
    expect(errors).toBeLessThanOrEqual(5);
  });
});

describe('row 2: bombs and depth', () => {
  test.each(bombs)('%s', async (name, query) => {
    const { status, errors, data } = await post(`2 ${name}`, query);
    expect({ status, data }).toEqual({ status: 400, data: undefined });
    expect(errors).toBeLessThanOrEqual(5);
  });

  test('the process stays alive, and its memory flat', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const heap = () => {
      gc();
      return process.memoryUsage().heapUsed / 2 ** 20;
    };
    const round = async () => {
      for (const [name, query] of [...flood, ...bombs]) await post(`2 again, ${name}`, query);
    };
    const shown = table.length;
    await round();
    const before = heap();
    for (let count = 0; count < 5; count++) await round();
    const grown = heap() - before;
    table.length = shown;
    table.push(`2 heap after 80 more: ${grown.toFixed(1)} MiB more`);
    expect(grown).toBeLessThan(30);
    expect((await post('2 afterwards', '{ dataStatus { build } }')).status).toBe(200);
  });
});

describe('row 3: circular introspection', () => {
  test.each([
    ['of fields', `{ __schema { types ${nested(5, '{ fields { type ', '{ name }', ' } }')} } }`],
    ['of types', `{ __type(name: "Query") ${nested(8, '{ fields { type ', '{ name }', ' } }')} }`],
    ['by fragments', '{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...a } } }'],
  ])('%s', async (name, query) => {
    expect(await post(`3 ${name}`, query)).toMatchObject({ status: 400, data: undefined });
  });
});

describe('row 4: page sizes', () => {
  test.each([1e6, 2 ** 31, -5, 0])('%i', async (first) => {
    const expected = { status: 400, code: expect.stringMatching(/^(BAD_USER_INPUT|COST_LIMIT)$/) };
    expect(await post(`4 literal ${first}`, `{ conversions(first: ${first}) { totalCount } }`)).toMatchObject(expected);
    const query = 'query ($first: Int) { conversions(first: $first) { totalCount } }';
    expect(await post(`4 variable ${first}`, query, { first })).toMatchObject(expected);
  });
});

describe('row 5: wrong types and names', () => {
  const order = 'query ($field: StrategyOrderField!) { strategies(orderBy: {field: $field}) { totalCount } }';
  test.each([
    ['a wrong variable type', 'query ($first: Int) { conversions(first: $first) { totalCount } }', { first: 'ten' }],
    ['a missing variable', 'query ($id: ID!) { strategy(id: $id) { id } }', {}],
    ['an unknown value of an enum', order, { field: 'NAM' }],
    ['an unknown field', '{ strategie { id } }', {}],
    ['an unknown argument', '{ strategies(firs: 1) { totalCount } }', {}],
  ])('%s is 400, and suggests no name without introspection', async (name, query, variables) => {
    expect(await post(`5 ${name}`, query, variables)).toMatchObject({ status: 400, data: undefined });
    const blind = await post(`5 ${name}, no-introspection`, query, variables, hidden.key);
    expect([blind.status, blind.text]).toEqual([400, expect.not.stringMatching(/did you mean/i)]);
    const stranger = await post(`5 ${name}, no key`, query, variables, null);
    expect([stranger.status, stranger.text]).toEqual([401, expect.not.stringMatching(/did you mean|StrategyOrder/i)]);
  });
});

describe('row 6: bodies', () => {
  const json = 'application/json';
  test.each([
    ['20 MB', json, JSON.stringify({ query: 'x'.repeat(20_000_000) }), 413],
    ['malformed JSON', json, '{"query": "{', 400],
    ['charset=foo', `${json}; charset=foo`, '{"query":"{__typename}"}', 415],
    ['charset=utf-16', `${json}; charset="utf-16"`, '{"query":"{__typename}"}', 415],
    ['two charsets', `${json}; charset=utf-8; charset=utf-7`, '{"query":"{__typename}"}', 415],
    ['XML', 'application/xml', '<a/>', 415],
    ['empty', json, '', 400],
    ['query: null', json, '{"query": null}', 400],
    ['query: a number', json, '{"query": 1}', 400],
    ['null', json, 'null', 400],
    ['a prototype', json, '{"__proto__": {"query": "{__typename}"}}', 400],
  ])('%s', async (name, type, body, status) => {
    const answer = await send(`6 ${name}`, { headers: { 'content-type': type }, body });
    expect(answer).toMatchObject({ status, code: 'BAD_REQUEST', errors: 1 });
  });

  test.each(['utf-8', 'UTF-8', '"utf-8"', 'utf8'])('charset=%s is accepted', async (charset) => {
    const headers = { 'content-type': `application/json; charset=${charset}` };
    expect((await send(`6 ${charset}`, { headers, body: '{"query":"{__typename}"}' })).status).toBe(200);
  });

  test('a compressed one', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect(await send('6 gzip', { headers, body: '{"query":"{__typename}"}' })).toMatchObject({ status: 415 });
  });
});

describe('row 7: ways to send', () => {
  const mutation = encodeURIComponent('mutation { cancelPush(runId: "1") { id } }');
  const body = '{"query":"{__typename}"}';
  test.each<[string, Sent, number]>([
    ['GET without a preflight header', { method: 'GET', path: '/graphql?query={__typename}' }, 400],
    ['text/plain', { headers: { 'content-type': 'text/plain' }, body }, 400],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query={__typename}' }, 415],
    ['multipart', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body }, 415],
    [
      'a mutation by GET',
      { method: 'GET', path: `/graphql?query=${mutation}`, headers: { 'content-type': 'application/json' } },
      405,
    ],
    ['a batch', { body: `[${body}, ${body}]` }, 400],
    ['PUT', { method: 'PUT', body }, 405],
    ['DELETE', { method: 'DELETE', headers: { 'content-type': 'application/json' }, body }, 405],
    ['an unknown path', { method: 'GET', path: '/nothing' }, 404],
    ['a malformed path', { method: 'GET', path: '/%' }, 400],
  ])('%s', async (name, sent, status) => {
    expect(await send(`7 ${name}`, sent)).toMatchObject({ status, code: 'BAD_REQUEST', data: undefined });
  });
});

describe('row 8: text that a database cannot store', () => {
  const byVariable = 'query ($ids: [ID!]) { conversions(filter: {ids: $ids}) { totalCount } }';
  test.each([
    ['NUL', '{ conversions(filter: {ids: ["\\u0000"]}) { totalCount } }', {}],
    ['NUL in a variable', byVariable, { ids: ['a\0'] }],
    ['a lone surrogate', '{ conversions(filter: {ids: ["\\uD800"]}) { totalCount } }', {}],
    ['a lone surrogate in a variable', byVariable, { ids: ['\uD800'] }],
    ['NUL in an id', 'query ($id: ID!) { conversion(id: $id) { id } }', { id: 'a\0' }],
    ['NUL in a cursor', '{ strategies(after: "\\u0000") { totalCount } }', {}],
  ])('%s is 400 before SQL', async (name, query, variables) => {
    service.takeStatements();
    expect((await post(`8 ${name}`, query, variables)).status).toBe(400);
    expect(service.takeStatements().map(({ name: statement }) => statement)).not.toContainEqual(
      expect.stringMatching(/^conversions|^strategies/),
    );
  });
});

describe('row 10: cursors', () => {
  test('tampered with, from another field or order', async () => {
    const page = (args: string, field = 'strategies') => `{ ${field}(first: 2, ${args}) { pageInfo { endCursor } } }`;
    const { data } = await post('10 a page', page('orderBy: {field: NAME}'));
    const cursor = (data as { strategies: { pageInfo: { endCursor: string } } }).strategies.pageInfo.endCursor;
    const changed = `${cursor.slice(0, 5)}${cursor[5] === 'A' ? 'B' : 'A'}${cursor.slice(6)}`;
    for (const [name, query] of [
      ['tampered with', page(`after: "${changed}", orderBy: {field: NAME}`)],
      ['cut off', page(`after: "${cursor.slice(0, -1)}", orderBy: {field: NAME}`)],
      ['of another order', page(`after: "${cursor}", orderBy: {field: ID}`)],
      ['of another field', page(`after: "${cursor}"`, 'iterations')],
      ['made up', page('after: "x"')],
    ] as const)
      expect(await post(`10 ${name}`, query), name).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect((await post('10 its own', page(`after: "${cursor}", orderBy: {field: NAME}`))).status).toBe(200);
  });
});

describe('row 11: credentials', () => {
  const seconds = Math.floor(present.getTime() / 1000);
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  test('alg none, wrong audience, issuer or key, expired, revoked, or in the URL: 401, and nothing of it is logged', async () => {
    const other = await startIdentityProvider(present);
    const [, payload] = (await provider.sign()).split('.');
    const bad = {
      'alg none': `${base64({ alg: 'none', kid: 'one' })}.${payload}.`,
      'wrong audience': await provider.sign({ aud: 'other' }),
      'wrong issuer': await provider.sign({ iss: 'https://evil.example.com/' }),
      'wrong key': await other.sign(),
      expired: await provider.sign({ exp: seconds - 61 }),
      'revoked key': revoked.key,
      'unknown key': newKey().key,
    };
    await other.close();
    log.length = 0;
    for (const [name, key] of Object.entries(bad))
      expect(await post(`11 ${name}`, '{ __typename }', {}, key), name).toMatchObject({
        status: 401,
        code: 'UNAUTHENTICATED',
      });
    const inUrl = { method: 'GET', path: `/graphql?query={__typename}&api_key=${viewer.key}` };
    expect(await send('11 in the URL', inUrl)).toMatchObject({ status: 401 });
    expect(log.length).toBeGreaterThan(0);
    const logged = log.join('\n');
    for (const key of [...Object.values(bad), viewer.key]) {
      for (const part of key.split('.').filter((each) => each.length > 20)) expect(logged).not.toContain(part);
    }
  });
});

describe('row 12: a resolver throws', () => {
  test('the message is masked, and its id is in the answer and in the log', async () => {
    const iterations = 'attribution.iterations_with_end_time__1';
    await database.query(`alter table ${iterations} rename column sequence to kept`);
    await database.query(`alter table ${iterations} add column sequence text default 'secret'`);
    try {
      const answer = await post('12 a text in place of a number', '{ iterations { nodes { sequence } } }');
      expect(answer).toMatchObject({ status: 500, code: 'INTERNAL_SERVER_ERROR' });
      expect(JSON.stringify([answer.message, answer.error?.extensions])).not.toMatch(/secret|sequence|NaN|represent/);
      const errorId = answer.error?.extensions.errorId ?? '';
      expect(answer.message).toContain(errorId);
      const line = log.find((each) => each.includes(errorId) && each.includes('"level":50'));
      expect(line).toContain('sequence');
    } finally {
      await database.query(`alter table ${iterations} drop column sequence`);
      await database.query(`alter table ${iterations} rename column kept to sequence`);
    }
  });
});
