import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compressResponses, encodingFor } from '../../src/http/compression.ts';
import { latch } from '../support/push-api.ts';
import { openTestService, serve } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(100), smallWorldAsOf);
});
afterAll(() => service.close());

const large = '{ strategies(first: 100) { nodes { id name createdAt iterations { nodes { id name } } } } }';
const small = '{ strategies(first: 1) { nodes { id } } }';

/** Sends a query without fetch, which sets its own Accept-Encoding and decompresses. */
async function send(acceptEncoding: string | null, query = large) {
  const accepted = acceptEncoding === null ? {} : { 'accept-encoding': acceptEncoding };
  const headers = { 'content-type': 'application/json', ...accepted };
  const sent = request(`${service.url}/graphql`, { method: 'POST', headers });
  sent.end(JSON.stringify({ query }));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { encoding: answer.headers['content-encoding'], vary: answer.headers.vary, bytes: await buffer(answer) };
}

test('large answers are compressed as the client accepts, with the same content; small ones are not', async () => {
  const plain = await send(null);
  expect(plain).toMatchObject({ encoding: undefined, vary: 'accept-encoding' });
  const gzip = await send('gzip');
  expect(gzip).toMatchObject({ encoding: 'gzip', vary: 'accept-encoding' });
  expect(gunzipSync(gzip.bytes)).toEqual(plain.bytes);
  const br = await send('gzip, deflate, br');
  expect(br).toMatchObject({ encoding: 'br', vary: 'accept-encoding' });
  expect(brotliDecompressSync(br.bytes)).toEqual(plain.bytes);
  for (const { bytes } of [gzip, br]) expect(bytes.length).toBeLessThan(plain.bytes.length / 3);
  expect(await send('br', small)).toMatchObject({ encoding: undefined, vary: 'accept-encoding' });
});

test('a client that leaves before a compressed answer is no error in the log', async () => {
  const held = latch();
  const beforeQuery = async (name: string) => {
    if (name === 'iterations.current') await held.wait();
  };
  const left = await serve(service.database.target, {}, { beforeQuery });
  try {
    const leaving = new AbortController();
    const sent = fetch(`${left.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip' },
      body: JSON.stringify({ query: '{ strategies(first: 100) { nodes { id name currentIteration { id } } } }' }),
      signal: leaving.signal,
    });
    await held.reached;
    leaving.abort();
    await expect(sent).rejects.toThrow();
    await expect.poll(async () => (await fetch(`${left.url}/metrics`)).text()).toContain('code="CLIENT_DISCONNECTED"');
    held.release();
  } finally {
    // Waits for the answer, which has the strategies: they were read before.
    await left.close();
  }
  expect(left.log).toEqual([]);
});

describe('Accept-Encoding', () => {
  test.each([
    ['identity', undefined],
    ['', undefined],
    ['zstd', undefined],
    ['nonsense', undefined],
    ['br;q=0', undefined],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.1, gzip;q=0.9', 'gzip'],
    ['*', 'gzip'],
    [';;;,,,', undefined],
    ['gzip;q=banana', undefined],
  ])('%j: %s', async (accepted, encoding) => {
    const answer = await send(accepted);
    expect(answer.encoding).toBe(encoding);
    if (encoding === undefined) expect(JSON.parse(answer.bytes.toString())).toHaveProperty('data.strategies');
  });
});

test('the encoding of a kept answer is the one that a computed answer gets', async () => {
  const app = Fastify();
  await compressResponses(app);
  const body = JSON.stringify('x'.repeat(2_000));
  app.get('/', async (_request, reply) => reply.type('application/json').send(body));
  const token = fc.constantFrom(
    'br',
    'gzip',
    'deflate',
    'zstd',
    'identity',
    'compress',
    'x-gzip',
    'BR',
    '*',
    'br;q=0',
    '',
  );
  const separator = fc.constantFrom(',', ', ', ' , ', ' ');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(token, separator), { maxLength: 5 }), async (parts) => {
      const accepted = parts
        .map((part) => part.join(''))
        .join('')
        .replace(/,\s*$/, '');
      const headers = { 'accept-encoding': accepted };
      const encoding = encodingFor({ headers }, body.length);
      const { headers: found } = await app.inject({ url: '/', headers });
      if (encoding !== null) expect(found['content-encoding'], accepted).toBe(encoding);
      else if (/^[a-z]+(, ?[a-z]+)*$/.test(accepted)) expect(found['content-encoding'], accepted).toBeUndefined();
    }),
  );
  expect(encodingFor({ headers: { 'accept-encoding': 'gzip, deflate, br, zstd' } }, 1_024)).toBe('br');
  expect(encodingFor({ headers: { 'accept-encoding': 'gzip' } }, 1_023)).toBeNull();
  await app.close();
});

test('a compressed request is not decompressed', async () => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: new Uint8Array(gzipSync(JSON.stringify({ query: small }))),
  });
  expect([response.status, await response.json()]).toMatchObject([
    415,
    { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
  ]);
});

test('a part of a file is not compressed', async () => {
  const response = await fetch(`${service.url}/graphiql/index.html`, {
    headers: { range: 'bytes=0-9', 'accept-encoding': 'br' },
  });
  expect([response.status, response.headers.get('content-encoding')]).toEqual([206, null]);
  expect((await response.text()).length).toBe(10);
});
