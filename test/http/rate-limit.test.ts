import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { present, serve } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(1), smallWorldAsOf);
});
afterAll(() => database.close());

const ask = (url: string, key: string | null) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    body: '{"query":"{ __typename }"}',
  });

test('the requests of a caller are limited, whichever of its keys it uses; those of others are not', async () => {
  const [one, rotated, other] = [newKey({ name: 'ana' }), newKey({ name: 'ana' }), newKey({ name: 'ben' })];
  const { limits } = loadConfig({});
  const service = await serve(database.target, {
    credentials: { keys: keysOf(one, rotated, other), verifyJwt: null, now: () => present },
    limits: { ...limits, perMinute: 3 },
  });
  try {
    for (const { key } of [one, rotated, one]) expect((await ask(service.url, key)).status).toBe(200);
    const refused = await ask(service.url, rotated.key);
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await refused.json()).toEqual({
      errors: [
        {
          message: `More than 3 requests in a minute, the maximum for a caller (RATE_LIMIT_PER_MINUTE). Retry in ${seconds} s.`,
          extensions: { code: 'RATE_LIMITED' },
        },
      ],
    });
    expect((await ask(service.url, other.key)).status).toBe(200);
    // No caller, so no count.
    for (let at = 0; at < 5; at++) expect((await ask(service.url, null)).status).toBe(401);
    expect((await fetch(`${service.url}/graphiql/`)).status).not.toBe(429);
  } finally {
    await service.close();
  }
});

test('the limit applies with authentication only', () => {
  expect(loadConfig({ RATE_LIMIT_PER_MINUTE: '7' }).limits.perMinute).toBe(null);
  expect(loadConfig({ RATE_LIMIT_PER_MINUTE: '7', API_KEYS_FILE: '/keys.json' }).limits.perMinute).toBe(7);
});
