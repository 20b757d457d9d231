import { createHmac, createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { generateKeyPair, type JWK } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/auth/authenticate.ts';
import { jwtVerifier } from '../../src/auth/jwt.ts';
import { openKeyStore } from '../../src/auth/key-store.ts';
import { formatKeysFile } from '../../src/auth/keys-file.ts';
import { loadConfig } from '../../src/config/index.ts';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import {
  audience,
  type IdentityProvider,
  issuer,
  keysOf,
  newKey,
  startIdentityProvider,
  writeKeysFile,
} from '../support/authentication.ts';
import { sendRaw } from '../support/network.ts';
import { latch } from '../support/push-api.ts';
import { isForOperators, rootFields, shortestOperation } from '../support/root-fields.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

const viewer = newKey({ name: 'ana' });
const operator = newKey({ name: 'airflow', role: 'operator' });
const revoked = newKey({ revoked: '2026-02-01T00:00:00Z' });
const expired = newKey({ expires: '2026-02-28T23:59:59Z' });
const keys = keysOf(viewer, operator, revoked, expired);

let database: TestDatabase;
let provider: IdentityProvider;
let service: TestService & { readonly everyLine: readonly string[] };

function jwtConfig(env: Record<string, string> = {}) {
  const tokens = { JWT_JWKS_URL: provider.jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
  const { jwt } = loadConfig({ ...tokens, ...env }).auth;
  if (!jwt) throw new Error('no tokens');
  return jwt;
}

const verifyJwt = (jwksUrl: string) =>
  jwtVerifier({ ...jwtConfig({ JWT_JWKS_URL: jwksUrl }), now: () => present, onUnavailable: () => {} });

/** The service, with everything that it logs. */
async function serveWith(credentials: Credentials | null, options: Parameters<typeof serve>[1] = {}) {
  const everyLine: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void everyLine.push(line) });
  return { ...(await serve(database.target, { credentials, logger, ...options })), everyLine };
}

beforeAll(async () => {
  [database, provider] = await Promise.all([
    openTestDatabase(smallWorld(2), smallWorldAsOf),
    startIdentityProvider(present),
  ]);
  service = await serveWith({ keys, verifyJwt: verifyJwt(provider.jwksUrl), now: () => present });
});
afterAll(async () => {
  await service.close();
  await provider.close();
  await database.close();
});

async function send(authorization: string | null, query = '{ dataStatus { build } }', to: TestService = service) {
  const response = await fetch(`${to.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) },
    body: JSON.stringify({ query }),
  });
  const body = (await response.json()) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: string } }[];
  };
  return {
    status: response.status,
    code: body.errors?.[0]?.extensions.code,
    message: body.errors?.[0]?.message,
    data: body.data,
    challenge: response.headers.get('www-authenticate'),
    headers: response.headers,
  };
}

/** Sends a query that must be refused, and checks that neither the log nor the answer has any of the secrets. */
async function refused(authorization: string | null, secrets: readonly string[], problem: RegExp) {
  const before = service.everyLine.length;
  const answer = await send(authorization);
  expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', data: undefined });
  expect(answer.message).toMatch(problem);
  expect(answer.challenge).toMatch(/^Bearer realm="attribution-api"/);
  const visible = [...service.everyLine.slice(before), answer.message, answer.challenge].join('\n');
  expect(service.everyLine.length).toBeGreaterThan(before);
  for (const secret of secrets) expect(visible).not.toContain(secret);
  return answer;
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('an API key', () => {
  test('is accepted, in any case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
      expect(await send(`${scheme} ${viewer.key}`), scheme).toMatchObject({ status: 200, data: { dataStatus: {} } });
    }
  });

  test('is required', async () => {
    const answer = await refused(null, [], /requires an API key or a token/);
    // No error code, as the request has no credentials (RFC 6750, 3.1).
    expect(answer.challenge).toBe('Bearer realm="attribution-api"');
  });

  // It may have underscores.
  const secret = viewer.key.slice(18);
  const wrong = `${viewer.key.slice(0, -1)}${viewer.key.endsWith('A') ? 'B' : 'A'}`;
  test.each([
    ['with a wrong secret', wrong, /The API key is not valid/],
    ['with the secret of another key', `${operator.key.slice(0, 18)}${viewer.key.slice(18)}`, /not valid/],
    ['with an unknown id', newKey().key, /The API key is not valid/],
    ['that is cut off', viewer.key.slice(0, -1), /The API key is not valid/],
    ['with more characters', `${viewer.key}A`, /The API key is not valid/],
    ['that was revoked', revoked.key, /The API key was revoked/],
    ['that has expired', expired.key, /The API key has expired/],
    ['that is not a bearer token', viewer.key.slice(5), /The token is not valid/],
    ['that is only the prefix', 'attr_', /The API key is not valid/],
  ])('%s is refused', async (_, key, problem) => {
    const answer = await refused(
      `Bearer ${key}`,
      [key, key.slice(20)].filter((each) => each.length > 10),
      problem,
    );
    expect(answer.challenge).toContain('error="invalid_token"');
  });

  test.each([
    ['of another scheme', `Basic ${Buffer.from(`x:${viewer.key}`).toString('base64')}`],
    ['without a scheme', viewer.key],
    ['without a token', 'Bearer'],
    ['with two tokens', `Bearer ${viewer.key} ${operator.key}`],
    ['with a list', `Bearer ${viewer.key}, Bearer ${operator.key}`],
    ['that is empty', ''],
  ])('in a header %s is refused', async (_, header) => {
    await refused(header, [viewer.key, secret], /The Authorization header has no bearer token/);
  });

  test('in one of two headers is refused', async () => {
    const body = '{"query":"{ __typename }"}';
    const lines = ['POST /graphql HTTP/1.1', 'Host: localhost', 'content-type: application/json'];
    const headers = [viewer.key, operator.key].map((key) => `Authorization: Bearer ${key}`);
    const length = `content-length: ${body.length}`;
    const answer = await sendRaw(service.url, [...lines, ...headers, length], body);
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('more than one Authorization header');
    expect((await sendRaw(service.url, [...lines, headers[0] ?? '', length], body)).status).toBe(200);
  });

  test('in the URL is refused, even with a valid header, and is not logged', async () => {
    const name = 'query={__typename}';
    const encoded = [...viewer.key].map((each) => `%${each.charCodeAt(0).toString(16)}`).join('');
    for (const path of [
      `/graphql?${name}&access_token=${viewer.key}`,
      `/graphql?${name}&api_key=something-secret`,
      `/graphql?${name}&x=${viewer.key}`,
      `/graphql?${name}&x=${encoded}`,
      `/graphql/${viewer.key}?${name}`,
      `/graphiql/?key=${viewer.key}`,
      `/${encoded}`,
      `/graphql?${name}&x=${await provider.sign()}`,
    ]) {
      const before = service.everyLine.length;
      const answer = await sendRaw(service.url, [
        `GET ${path} HTTP/1.1`,
        'Host: localhost',
        `Authorization: Bearer ${viewer.key}`,
        'apollo-require-preflight: 1',
      ]);
      expect(answer.status, path).toBe(401);
      expect(answer.text).toContain('must not be in the URL');
      const logged = service.everyLine.slice(before).join('\n');
      expect(logged).toContain('incoming request');
      for (const secret of [viewer.key, encoded, 'something-secret', 'eyJ']) expect(logged, path).not.toContain(secret);
    }
  });

  test('in a malformed URL is not logged', async () => {
    const before = service.everyLine.length;
    await sendRaw(service.url, [`GET /graphql%zz/${viewer.key} HTTP/1.1`, 'Host: localhost']);
    expect(service.everyLine.slice(before).join('\n')).not.toContain(viewer.key);
  });

  test('is not logged when it is used, and queries in the URL are not either', async () => {
    const before = service.everyLine.length;
    await sendRaw(service.url, [
      'GET /graphql?query={dataStatus{build}} HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${viewer.key}`,
      'apollo-require-preflight: 1',
    ]);
    const logged = service.everyLine.slice(before).join('\n');
    expect(logged).toContain('"url":"/graphql"');
    expect(logged).not.toContain(secret);
    expect(logged).not.toContain('dataStatus');
  });

  test('that is revoked is refused within the time of a reload', async () => {
    const key = newKey();
    const file = writeKeysFile([key.stored]);
    const log = { info: () => {}, warn: () => {} };
    const store = openKeyStore(file, log, 5);
    const reloading = await serveWith({ keys: store, verifyJwt: null, now: () => present });
    try {
      expect((await send(`Bearer ${key.key}`, undefined, reloading)).status).toBe(200);
      writeFileSync(file, formatKeysFile([{ ...key.stored, revoked: '2026-02-01T00:00:00Z' }]));
      await expect.poll(async () => (await send(`Bearer ${key.key}`, undefined, reloading)).status).toBe(401);
    } finally {
      store.close();
      await reloading.close();
    }
  });

  test('works while the databases are down', async () => {
    const down = await serve(
      { ...database.target, port: 1 },
      { credentials: { keys, verifyJwt: null, now: () => present } },
    );
    try {
      expect(await send(null, undefined, down)).toMatchObject({ status: 401 });
      expect(await send(`Bearer ${revoked.key}`, undefined, down)).toMatchObject({ status: 401 });
      expect(await send(`Bearer ${viewer.key}`, undefined, down)).toMatchObject({ code: 'WAREHOUSE_UNAVAILABLE' });
      expect(await send(`Bearer ${viewer.key}`, '{ __typename }', down)).toMatchObject({ status: 200 });
    } finally {
      await down.close();
    }
  });
});

describe('a token', () => {
  test('is accepted, with its role and the keys of the identity provider', async () => {
    expect(await send(`Bearer ${await provider.sign()}`)).toMatchObject({ status: 200 });
    expect(
      await send(`Bearer ${await provider.sign({ role: ['other', 'operator', 'viewer'], aud: ['x', audience] })}`),
    ).toMatchObject({ status: 200 });
    const requests = provider.requests();
    await send(`Bearer ${await provider.sign()}`);
    expect(provider.requests()).toBe(requests);
  });

  const now = Math.floor(present.getTime() / 1000);
  test.each([
    ['of another issuer', { iss: 'https://evil.example.com/' }],
    ['of an issuer without the slash', { iss: issuer.slice(0, -1) }],
    ['without an issuer', { iss: undefined }],
    ['for another audience', { aud: 'other' }],
    ['without an audience', { aud: undefined }],
    ['that has expired, with leeway', { exp: now - 31 }],
    ['without an expiry', { exp: undefined }],
    ['that is not valid yet', { nbf: now + 31 }],
    ['without a subject', { sub: undefined }],
    ['with a blank subject', { sub: ' ' }],
    ['with control characters as subject', { sub: 'ana\u0000' }],
    ['with a reversing mark as subject', { sub: 'ana\u202e' }],
    ['with a long subject', { sub: 'x'.repeat(181) }],
  ])('%s is refused', async (_, claims) => {
    const token = await provider.sign(claims as never);
    await refused(`Bearer ${token}`, [token, ...token.split('.')], /The token|The subject/);
  });

  test.each([
    ['that has just expired', { exp: now - 29 }],
    ['that is valid in a moment', { nbf: now + 29 }],
    ['of the longest subject', { sub: 'x'.repeat(180) }],
  ])('%s is accepted', async (_, claims) => {
    expect(await send(`Bearer ${await provider.sign(claims)}`)).toMatchObject({ status: 200 });
  });

  test('with alg none, or signed with the public key as a secret, is refused', async () => {
    const payload = base64url({ iss: issuer, aud: audience, sub: 'eve', role: 'operator', exp: now + 600 });
    const pem = createPublicKey({ key: provider.jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const hmac = (head: string, secret: string | Buffer) =>
      createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url');
    const hs256 = base64url({ alg: 'HS256', kid: 'one' });
    const none = (alg: string) => `${base64url({ alg, kid: 'one' })}.${payload}.`;
    for (const token of [
      ...['none', 'None', 'NONE', ''].map(none),
      `${none('none')}AAAA`,
      `${hs256}.${payload}.${hmac(hs256, pem as string)}`,
      `${hs256}.${payload}.${hmac(hs256, String((provider.jwk as JWK).n))}`,
      `${hs256}.${payload}.${hmac(hs256, '')}`,
    ]) {
      await refused(`Bearer ${token}`, [token, payload], /The token is not valid/);
    }
  });

  test('of another key, of an algorithm that is not allowed, or changed is refused', async () => {
    const other = await generateKeyPair('RS256');
    const [head, payload = '', signature] = (await provider.sign()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    for (const token of [
      await provider.sign({}, {}, other.privateKey),
      await provider.sign({}, { kid: 'two' }),
      `${head}.${base64url({ ...claims, role: 'operator' })}.${signature}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${head}.${payload}.${signature}.x`,
      'eyJ.eyJ.x',
      'x',
    ]) {
      await refused(
        `Bearer ${token}`,
        [token].filter((each) => each.length > 10),
        /The token is not valid/,
      );
    }
    const token = await provider.sign({}, { alg: 'RS384' });
    const allowing = jwtVerifier({
      ...jwtConfig({ JWT_ALGORITHMS: 'RS384' }),
      now: () => present,
      onUnavailable: () => {},
    });
    expect(await allowing(token)).toMatchObject({ name: 'jwt:ana' });
    await refused(`Bearer ${token}`, [token], /The token is not valid/);
  });

  test.each([[undefined], [null], [''], ['admin'], ['viewers'], [['Viewer']], [{ viewer: true }], [1], [[]]])(
    'with the role %j is known, but may do nothing',
    async (role) => {
      expect(await send(`Bearer ${await provider.sign({ role })}`)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    },
  );

  test('can be restricted by a claim; an unknown restriction is refused', async () => {
    const verify = (restrictions: unknown, restrictionsClaim: string | null = 'limits') => {
      const claims = { ...jwtConfig(), restrictionsClaim, now: () => present, onUnavailable: () => {} };
      return provider.sign({ limits: restrictions }).then(jwtVerifier(claims));
    };
    expect((await verify('documents-only no-introspection')).restrictions).toEqual([
      'documents-only',
      'no-introspection',
    ]);
    expect((await verify(['documents-only'])).restrictions).toEqual(['documents-only']);
    for (const none of [undefined, '', [], null]) expect((await verify(none)).restrictions).toEqual([]);
    expect((await verify('documents-only', null)).restrictions).toEqual([]);
    for (const unknown of ['documents', ['documents-only', 1], true, { a: 1 }])
      await expect(verify(unknown)).rejects.toThrow('may have only documents-only, no-introspection');
  });

  test('that is refused is logged with the check that failed, and without a role too', async () => {
    const lineOf = async (claims: Parameters<IdentityProvider['sign']>[0]) => {
      const alone = await serveWith({ keys: null, verifyJwt: verifyJwt(provider.jwksUrl), now: () => present });
      const token = await provider.sign(claims);
      await send(`Bearer ${token}`, undefined, alone).finally(alone.close);
      expect(alone.everyLine.join('\n')).not.toContain(token.split('.')[1]);
      return JSON.parse(alone.everyLine.find((line) => line.includes('authentication failed')) ?? '{}');
    };
    expect(await lineOf({ aud: 'other' })).toMatchObject({
      problem: 'The token is not valid.',
      detail: 'ERR_JWT_CLAIM_VALIDATION_FAILED aud',
      remoteAddress: '127.0.0.1',
    });
    expect(await lineOf({ role: 'admin' })).toMatchObject({
      problem: 'The token grants no role: its claim role has none of viewer, operator.',
    });
  });

  test('can have its role in a nested claim, or in one of several words', async () => {
    const roleOf = async (roleClaim: string, claims: object) => {
      const verify = jwtVerifier({
        ...jwtConfig({ JWT_ROLE_CLAIM: roleClaim }),
        now: () => present,
        onUnavailable: () => {},
      });
      return (await verify(await provider.sign({ role: undefined, ...claims }))).role;
    };
    expect(await roleOf('realm_access.roles', { realm_access: { roles: ['viewer', 'x'] } })).toBe('viewer');
    expect(await roleOf('https://example.com/roles', { 'https://example.com/roles': ['operator'] })).toBe('operator');
    expect(await roleOf('scope', { scope: 'openid viewer operator' })).toBe('operator');
    await expect(roleOf('constructor.name', {})).rejects.toThrow('grants no role');
  });

  test('takes no place among the executing requests if its client leaves while it is verified', async () => {
    const held = latch();
    const slow = await startIdentityProvider(present, (response, keySet) => {
      void held.wait().then(() => response.setHeader('content-type', 'application/json').end(keySet));
    });
    const { limits } = loadConfig({ MAX_EXECUTING_REQUESTS: '1' });
    const one = await serveWith({ keys, verifyJwt: verifyJwt(slow.jwksUrl), now: () => present }, { limits });
    try {
      const authorization = `Bearer ${await slow.sign()}`;
      const leaving = new AbortController();
      const sent = fetch(`${one.url}/graphql?query={__typename}`, {
        headers: { authorization, 'apollo-require-preflight': '1' },
        signal: leaving.signal,
      });
      await held.reached;
      leaving.abort();
      await expect(sent).rejects.toThrow();
      const metrics = async () =>
        (await fetch(`${one.url}/metrics`, { headers: { authorization: `Bearer ${viewer.key}` } })).text();
      await expect.poll(metrics).toContain('code="CLIENT_DISCONNECTED"');
      held.release();
      // Its keys have arrived, for this request and for the one whose client has left.
      expect(await send(authorization, undefined, one)).toMatchObject({ status: 200 });
    } finally {
      held.release();
      await one.close();
      await slow.close();
    }
  });

  test('can not be verified while the identity provider is down; API keys work', async () => {
    const gone = await startIdentityProvider(present);
    const token = await gone.sign();
    await gone.close();
    const alone = await serveWith({ keys, verifyJwt: verifyJwt(gone.jwksUrl), now: () => present });
    try {
      for (let attempt = 0; attempt < 3; attempt++) {
        const answer = await send(`Bearer ${token}`, undefined, alone);
        expect(answer).toMatchObject({ status: 503, code: 'AUTHENTICATION_UNAVAILABLE', challenge: null });
        expect(answer.headers.get('retry-after')).toBe('5');
      }
      expect(await send(`Bearer ${viewer.key}`, undefined, alone)).toMatchObject({ status: 200 });
      // An algorithm that is not allowed needs no key.
      expect(await send('Bearer eyJhbGciOiJub25lIn0.e30.', undefined, alone)).toMatchObject({ status: 401 });
      expect(alone.everyLine.join('\n')).not.toContain(token);
    } finally {
      await alone.close();
    }
  });
});

describe('what a caller may do', () => {
  test('every field answers 401 without a key; mutations of pushes answer 403 to a viewer', async () => {
    const table: string[] = [];
    for (const root of rootFields(await buildApiSchema())) {
      const query = shortestOperation(root);
      const [withoutKey, byViewer, byOperator] = [
        await send(null, query),
        await send(`Bearer ${viewer.key}`, query),
        await send(`Bearer ${operator.key}`, query),
      ];
      const shown = [withoutKey, byViewer, byOperator].map(({ status, code }) => `${status} ${code ?? 'OK'}`);
      table.push(`${root.kind} ${root.field.name}: ${shown.join(', ')}`);
      expect(withoutKey, query).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
      if (isForOperators(root))
        expect(byViewer, query).toMatchObject({ status: 403, code: 'FORBIDDEN', data: undefined });
      const answered = isForOperators(root) ? [byOperator] : [byViewer, byOperator];
      for (const { status, code } of answered) {
        expect([401, 403, 500], query).not.toContain(status);
        expect(['UNAUTHENTICATED', 'FORBIDDEN', 'GRAPHQL_VALIDATION_FAILED'], query).not.toContain(code);
      }
    }
    process.stdout.write(`${['field: without a key, viewer, operator', ...table].join('\n')}\n`);
  });

  test('a refused mutation runs nothing, and names the role', async () => {
    const answer = await send(`Bearer ${viewer.key}`, 'mutation { pushMetrics(input: {}) { id } }');
    expect(answer.message).toBe('pushMetrics requires the role operator, but ana has the role viewer.');
    const runs = await send(`Bearer ${viewer.key}`, '{ pushRuns { totalCount } }');
    expect(runs.data).toEqual({ pushRuns: { totalCount: 0 } });
  });

  test('without a key, an error suggests no names', async () => {
    const answer = await send(null, '{ dataStatu { build } __schema { types { name } } }');
    expect([answer.status, JSON.stringify(answer)]).toEqual([
      401,
      expect.not.stringMatching(/dataStatus|Did you mean/),
    ]);
  });

  test('the page is public; all other paths need a key, unknown ones too', async () => {
    const status = async (path: string, method = 'GET') =>
      (await fetch(`${service.url}${path}`, { method, redirect: 'manual' })).status;
    expect(
      await Promise.all(['/', '/graphiql', '/graphiql/', '/graphiql/main.tsx'].map((path) => status(path))),
    ).toEqual([302, 302, 200, 200]);
    for (const path of ['/graphql', '/nothing-here', '/graphiql2', '/graphql/', '//graphiql/', '/graphiql/../graphql'])
      expect(await status(path), path).toBe(401);
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'POST']) expect(await status('/graphql', method)).toBe(401);
  });

  test('each answer has the id of the request in the log', async () => {
    const { headers } = await send(null);
    const id = headers.get('x-request-id') ?? '';
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(service.everyLine.join('\n')).toContain(id);
  });
});

describe('without authentication', () => {
  test('everyone is an operator, and a header is ignored', async () => {
    const open = await serveWith(null);
    try {
      for (const header of [null, `Bearer ${revoked.key}`, 'Basic x'])
        expect(await send(header, undefined, open)).toMatchObject({ status: 200 });
      const mutation = await send(null, 'mutation { cancelPush(runId: "1") { id } }', open);
      expect(mutation).toMatchObject({ code: 'PUSH_NOT_FOUND' });
    } finally {
      await open.close();
    }
  });
});

test('a forwarded address is logged only if the proxy is trusted', async () => {
  const addressOf = async (env: Record<string, string>) => {
    const proxied = await serveWith(
      { keys, verifyJwt: null, now: () => present },
      { http: loadConfig({ PORT: '0', ...env }).http },
    );
    try {
      const lines = ['GET /graphql HTTP/1.1', 'Host: localhost', 'X-Forwarded-For: 203.0.113.7'];
      expect((await sendRaw(proxied.url, lines)).status).toBe(401);
      // The name of the host is not taken from the proxy.
      expect((await sendRaw(proxied.url, [...lines, 'X-Forwarded-Host: evil.test'])).status).toBe(401);
      const evil = ['GET /graphql HTTP/1.1', 'Host: evil.test', 'X-Forwarded-Host: localhost'];
      expect((await sendRaw(proxied.url, evil)).status).toBe(403);
      const failure = proxied.everyLine.find((line) => line.includes('authentication failed'));
      return JSON.parse(failure ?? '{}').remoteAddress;
    } finally {
      await proxied.close();
    }
  };
  expect(await addressOf({})).toBe('127.0.0.1');
  expect(await addressOf({ TRUST_PROXY: '10.0.0.0/8' })).toBe('127.0.0.1');
  expect(await addressOf({ TRUST_PROXY: '127.0.0.0/8' })).toBe('203.0.113.7');
});
