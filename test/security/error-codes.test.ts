import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jwtVerifier } from '../../src/auth/jwt.ts';
import { loadConfig } from '../../src/config/index.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import { type ErrorCode, errorCodes } from '../../src/errors.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { sendRaw } from '../support/network.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

const operator = newKey({ role: 'operator' });
const viewer = newKey();

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(), smallWorldAsOf);
  // Nothing listens at this address.
  const { jwt } = loadConfig({ JWT_JWKS_URL: 'http://127.0.0.1:9/jwks', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' }).auth;
  if (!jwt) throw new Error('no tokens');
  const verifyJwt = jwtVerifier({ ...jwt, now: () => present, onUnavailable: () => {} });
  service = await serve(database.target, {
    credentials: { keys: keysOf(viewer, operator), verifyJwt, now: () => present },
  });
});
afterAll(async () => {
  await service.close();
  await database.close();
});

interface Answer {
  readonly status: number;
  readonly body: { readonly errors: readonly { readonly message: string; readonly extensions: { code: string } }[] };
}

/** How to provoke a code: send something to the real server, or look at the test that does. */
type Provoke = (() => Promise<Answer>) | { readonly file: string };

async function post(
  body: object,
  authorization: string | null = `Bearer ${operator.key}`,
  to = service,
): Promise<Answer> {
  const response = await fetch(`${to.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const query = (text: string) => () => post({ query: text });

const withHeader = (header: string) => async () => {
  const { status, text } = await sendRaw(service.url, ['POST /graphql HTTP/1.1', header, 'content-length: 0']);
  return { status, body: JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) };
};

/** Sends a query while the data of the warehouse is changed. */
const during = (change: string, undo: string, text: string) => async () => {
  await database.query(change);
  return post({ query: text }).finally(() => database.query(undo));
};

const pushApi = (file: string): Provoke => ({ file: `test/push-api/${file}` });

const provocations: Record<ErrorCode, Provoke> = {
  BAD_USER_INPUT: query('{ conversions(first: 0) { totalCount } }'),
  AMBIGUOUS_OFFER: query('{ strategy(tuneOfferId: "5005") { id } }'),
  COST_LIMIT: query(
    '{ conversions(first: 1000) { nodes { strategy { conversions: iterations(first: 1000) { nodes { id } } } } } }',
  ),
  NOT_EXPORTABLE: { file: 'test/export/refusals.test.ts' },
  // Needs a real PostgreSQL, which cancels the statement.
  DEADLINE_EXCEEDED: { file: 'test/warehouse/main.process.ts' },
  SERVICE_OVERLOADED: { file: 'test/http/cancellation.test.ts' },
  SERVICE_STOPPING: { file: 'test/http/cancellation.test.ts' },
  RATE_LIMITED: { file: 'test/http/rate-limit.test.ts' },
  // No client can see it.
  CLIENT_DISCONNECTED: { file: 'test/limits/request-in-progress.test.ts' },
  WAREHOUSE_UNAVAILABLE: during(
    'alter table attribution.attribution_builds rename to away',
    'alter table attribution.away rename to attribution_builds',
    '{ unbuilt: strategies { totalCount } }',
  ),
  LEDGER_UNAVAILABLE: pushApi('drift-and-errors.test.ts'),
  BUILD_NOT_KEPT: () => post({ query: '{ changes(sinceBuild: "x") { throughBuild } }' }),
  QUALITY_NOT_RECORDED: { file: 'test/api/data-quality.test.ts' },
  SUBJECTS_NOT_KEPT: { file: 'test/api/data-quality-subjects.test.ts' },
  TIME_OUT_OF_RANGE: { file: 'test/api/push-times.test.ts' },
  // The ports of the push, as a build must end between two statements.
  BUILD_UNDER_WAY: { file: 'test/support/push-service-suite.ts' },
  BUILD_REPLACED: { file: 'test/api/one-build.test.ts' },
  BUILD_NUMBER_FELL: { file: 'test/support/push-service-suite.ts' },
  PLAN_CHANGED: async () => {
    const sandbox = await startSandbox({ port: 0, token: 'token', folder: null, now: () => present });
    const own = await serve(database.target, {}, {}, { adsuite: { url: sandbox.url, token: 'token' } });
    try {
      return await post({ query: 'mutation { pushMetrics(input: {planHash: "x"}) { id } }' }, null, own);
    } finally {
      await own.close();
      await sandbox.close();
    }
  },
  PUSH_IN_PROGRESS: pushApi('runs.test.ts'),
  // Needs a thread that ends.
  PUSH_INTERRUPTED: { file: 'test/start/push-thread.test.ts' },
  IDEMPOTENCY_KEY_REUSED: pushApi('flow.test.ts'),
  PUSH_NOT_FOUND: query('mutation { cancelPush(runId: "x") { id } }'),
  NOTHING_TO_RETRY: pushApi('flow.test.ts'),
  SAVED_QUERY_NOT_FOUND: query('mutation { deleteSavedQuery(id: "x") { id } }'),
  SAVED_QUERY_NAME_TAKEN: { file: 'test/push-api/saved-queries.test.ts' },
  SAVED_QUERY_LIMIT: { file: 'test/push-api/saved-queries.test.ts' },
  PUSH_NOT_CONFIGURED: query('mutation { pushMetrics(input: {}) { id } }'),
  DRIFT_NOT_OFFERED: pushApi('drift-and-errors.test.ts'),
  ADSUITE_UNAVAILABLE: pushApi('drift-and-errors.test.ts'),
  GRAPHQL_PARSE_FAILED: query('{'),
  GRAPHQL_VALIDATION_FAILED: query('{ nothing }'),
  OPERATION_RESOLUTION_FAILURE: () => post({ query: 'query A { __typename }', operationName: 'B' }),
  PERSISTED_QUERY_NOT_SUPPORTED: () => post({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }),
  DOCUMENT_NOT_FOUND: () => post({ documentId: idOfDocument('{ unknown }') }),
  BAD_REQUEST: () => post([]),
  UNAUTHENTICATED: () => post({ query: '{ __typename }' }, null),
  FORBIDDEN: () => post({ query: 'mutation { cancelPush(runId: "x") { id } }' }, `Bearer ${viewer.key}`),
  AUTHENTICATION_UNAVAILABLE: () =>
    post(
      { query: '{ __typename }' },
      `Bearer ${Buffer.from('{"alg":"RS256","kid":"x"}').toString('base64url')}.e30.AAAA`,
    ),
  HOST_NOT_ALLOWED: withHeader('Host: example.com'),
  ORIGIN_NOT_ALLOWED: withHeader('Host: localhost\r\nOrigin: https://example.com'),
  INTERNAL_SERVER_ERROR: during(
    'alter table attribution.attribution_history alter column payout type text',
    'alter table attribution.attribution_history alter column payout type numeric(18, 4) using cast(payout as numeric(18, 4))',
    '{ attributionSummary(atBuild: "build-1") { total } }',
  ),
};

/** The HTTP statuses that the meaning of a code names. */
const statusesOf = (code: ErrorCode): readonly number[] =>
  (/HTTP ([\d, or]+)\.$/.exec(errorCodes[code])?.[1] ?? '').match(/\d{3}/g)?.map(Number) ?? [];

describe.each(Object.entries(provocations) as [ErrorCode, Provoke][])('%s', (code, provoke) => {
  test('names its HTTP status, and is provoked with it', async () => {
    expect(statusesOf(code)).not.toEqual([]);
    if (typeof provoke !== 'function') {
      expect(readFileSync(join(import.meta.dirname, '../..', provoke.file), 'utf8')).toMatch(new RegExp(`'${code}'`));
      return;
    }
    const { status, body } = await provoke();
    expect({ status, body }).toMatchObject({
      body: { errors: [{ message: expect.any(String), extensions: { code } }] },
    });
    expect(statusesOf(code)).toContain(status);
    expect(JSON.stringify(body)).not.toMatch(/\bat .*:\d+:\d+|node_modules|stacktrace/);
  });
});
