import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(2), smallWorldAsOf);
  service = await serve(database.target);
});
afterAll(async () => {
  await service.close();
  await database.close();
});

const path = '/schema.graphql';
const get = (headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  fetch(service.url + path, { method, headers });

test('is the committed schema, as a download', async () => {
  const response = await get();
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(
    readFileSync(join(import.meta.dirname, '../../src/schema/schema.graphql'), 'utf8'),
  );
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': 'attachment; filename="schema.graphql"',
    'cache-control': 'private, no-cache',
  });
  expect(service.takeStatements()).toEqual([]);
});

test('is not sent again to a client that has it', async () => {
  const etag = (await get()).headers.get('etag') ?? '';
  expect(etag).toMatch(/^W\/"[\w-]{43}"$/);
  for (const given of [etag, etag.slice(2), `"other", ${etag}`, '*', ` ${etag} `]) {
    const response = await get({ 'if-none-match': given });
    expect([response.status, await response.text(), response.headers.get('etag')], given).toEqual([304, '', etag]);
    expect(response.headers.get('content-type')).toBeNull();
  }
  for (const given of ['"other"', '', etag.toLowerCase(), etag.slice(2, -1), 'W/']) {
    expect((await get({ 'if-none-match': given })).status, given).toBe(200);
  }
});

test('answers HEAD, and refuses other methods in JSON', async () => {
  const head = await get({}, 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
  const posted = await get({}, 'POST');
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await posted.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
});

test('is refused where introspection is off', async () => {
  const { limits } = loadConfig({ INTROSPECTION: 'off' });
  const hidden = await serve(database.target, { limits });
  const response = await fetch(hidden.url + path);
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  await hidden.close();
});
