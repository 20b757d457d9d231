import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendRaw } from '../support/network.ts';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(4), smallWorldAsOf);
});
afterAll(() => service.close());

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id that a request with these raw headers gets. */
async function idOf(...headers: readonly string[]): Promise<string | undefined> {
  const { text } = await sendRaw(service.url, ['GET /healthz HTTP/1.1', 'Host: localhost', ...headers]);
  return /^x-request-id: (.*)\r$/m.exec(text)?.[1];
}

test('without an id, each request gets one', async () => {
  const ids = [await idOf(), await idOf()];
  expect(ids).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)]);
  expect(ids[0]).not.toBe(ids[1]);
});

test.each(['a', 'A.b_c-9', 'x'.repeat(64), '0123456789abcdef0123456789abcdef'])(
  'an id of the client is kept: %s',
  async (id) => {
    expect(await idOf(`x-request-id: ${id}`)).toBe(id);
  },
);

describe('an id that is not a short token is replaced', () => {
  test.each([
    ['empty', ['x-request-id: ']],
    ['too long', [`x-request-id: ${'x'.repeat(65)}`]],
    ['huge', [`x-request-id: ${'x'.repeat(8_000)}`]],
    ['with a blank', ['x-request-id: a b']],
    ['with a quote', ['x-request-id: a"b']],
    ['a JSON fragment', ['x-request-id: {"level":50}']],
    ['a non-ASCII letter', ['x-request-id: é']],
    ['a slash', ['x-request-id: ../a']],
    ['two headers', ['x-request-id: a', 'x-request-id: b']],
  ])('%s', async (_, headers) => {
    expect(await idOf(...headers)).toMatch(uuid);
  });
});

test('the answer, an internal error and the log have the same id', async () => {
  await service.database.query('alter table attribution.attribution_builds alter column build_id type integer using 1');
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'trace.me-1' },
    body: JSON.stringify({ query: '{ build(id: "none") { id } }' }),
  });
  expect(response.headers.get('x-request-id')).toBe('trace.me-1');
  expect(await response.json()).toMatchObject({
    errors: [
      {
        message: 'Internal error. Details are in the log of the service under request id trace.me-1.',
        extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: 'trace.me-1' },
      },
    ],
  });
  const lines = service.log.map((line) => JSON.parse(line) as { reqId?: string; msg: string });
  expect(lines.filter(({ msg }) => msg === 'request failed')).toMatchObject([{ reqId: 'trace.me-1' }]);
});

test('requests at the same time keep their own ids', async () => {
  const ids = Array.from({ length: 20 }, (_, at) => `request-${at}`);
  const answers = await Promise.all(
    ids.map(async (id) => {
      const response = await fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': id },
        body: JSON.stringify({ query: '{ build(id: "none") { id } }' }),
      });
      const { errors } = (await response.json()) as { errors: { extensions: { errorId: string } }[] };
      return errors[0]?.extensions.errorId;
    }),
  );
  expect(answers).toEqual(ids);
});
