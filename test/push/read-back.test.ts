import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HeldMetricsPage } from '../../src/adsuite-contract.ts';
import { createAdsuiteClient } from '../../src/push/adsuite/client.ts';
import { batch, contractCheck, row, startPair, stoppedClock, token, unhurried } from './support.ts';

let pair: Awaited<ReturnType<typeof startPair>>;
beforeEach(async () => {
  pair = await startPair();
});
afterEach(() => pair.sandbox.close());

const first = { iterationIds: null, cursor: null };

async function push(ids: readonly number[]): Promise<void> {
  for (let at = 0; at < ids.length; at += 1000) {
    const rows = ids.slice(at, at + 1000).map((id) => row(String(id)));
    expect(await pair.client.send(batch(rows), unhurried())).toMatchObject({ kind: 'answered' });
  }
}

/** Reads all pages. */
async function readAll(onPage: () => Promise<void> = async () => {}): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await pair.client.readBack({ iterationIds: null, cursor }, unhurried());
    if (page.kind !== 'page') throw new Error(JSON.stringify(page));
    seen.push(...page.metrics.map(({ iterationId }) => iterationId));
    cursor = page.nextCursor;
    await onPage();
  } while (cursor !== null);
  return seen;
}

test('what was pushed is read back, page by page, in numeric order', async () => {
  await push(Array.from({ length: 1203 }, (_, index) => 1300 - index));
  expect(await readAll()).toEqual(Array.from({ length: 1203 }, (_, index) => String(index + 98)));
  const page = await pair.client.readBack({ iterationIds: ['100'], cursor: null }, unhurried());
  const { valuesText, ...sent } = row('100');
  expect(page).toEqual({ kind: 'page', metrics: [{ ...sent, ...JSON.parse(valuesText) }], nextCursor: null });
});

test('rows that are added meanwhile do not shift others', async () => {
  await push(Array.from({ length: 1000 }, (_, index) => 2 * index + 2));
  let pushed = 0;
  const seen = await readAll(() => push([2 * pushed++ + 1, 10_001 + pushed]));
  expect(seen.filter((id) => Number(id) <= 2000 && Number(id) % 2 === 0)).toHaveLength(1000);
  expect(new Set(seen).size).toBe(seen.length);
  // Those beyond the page that was read are on a later one.
  expect(seen).toContain('10002');
});

test('only the given iterations, without those that are not held', async () => {
  await push([9, 10, 11]);
  const page = await pair.client.readBack({ iterationIds: ['11', '9', '12', '9'], cursor: null }, unhurried());
  expect(page).toMatchObject({
    kind: 'page',
    metrics: [{ iterationId: '9' }, { iterationId: '11' }],
    nextCursor: null,
  });
  // An empty list does not mean all.
  expect(await pair.client.readBack({ iterationIds: [], cursor: null }, unhurried())).toMatchObject({ metrics: [] });
  const many = Array.from({ length: 101 }, (_, index) => String(index));
  await expect(pair.client.readBack({ iterationIds: many, cursor: null }, unhurried())).rejects.toThrow(RangeError);
});

test.each([404, 405, 501])('%d: reading back is not offered', async (status) => {
  pair.sandbox.setFaults([{ kind: 'status', status, on: 'read' }]);
  expect(await pair.client.readBack(first, unhurried())).toEqual({ kind: 'not offered' });
  await push([1]);
});

test('faults while reading', async () => {
  const { sandbox, client } = pair;
  const faulty = async (fault: Parameters<typeof sandbox.setFaults>[0][number]) => {
    sandbox.setFaults([{ ...fault, on: 'any' }]);
    return client.readBack(first, unhurried());
  };
  const failed = (reason: string, retryAfterMilliseconds: number | null = null) => ({
    kind: 'failed',
    reason: expect.stringContaining(reason),
    retryAfterMilliseconds,
  });
  expect(await faulty({ kind: 'status', status: 429, retryAfter: '3' })).toEqual(failed('429', 3000));
  expect(await faulty({ kind: 'status', status: 401 })).toMatchObject({ kind: 'fatal' });
  expect(await faulty({ kind: 'status', status: 400 })).toMatchObject({ kind: 'fatal' });
  expect(await faulty({ kind: 'cut' })).toEqual(failed('answered 200, but'));
  expect(await faulty({ kind: 'html' })).toEqual(failed('content type is text/html'));
  expect(await faulty({ kind: 'body', body: '{"metrics":[{}],"nextCursor":null}' })).toEqual(
    failed('does not match the contract (metrics.0.iterationId: Invalid input: expected string, received undefined)'),
  );
  sandbox.setFaults([]);
  expect(await client.readBack({ iterationIds: null, cursor: 'mine' }, unhurried())).toMatchObject({
    kind: 'fatal',
  });
});

test('an id with a leading zero is refused by both sides', async () => {
  const { valuesText, ...sent } = row('007');
  const held = { ...sent, ...JSON.parse(valuesText) };
  const wrong = 'must be like 17, by the pattern ^-?(0|[1-9][0-9]{0,18})$';
  expect(await pair.client.send(batch([row('007')]), unhurried())).toEqual({
    kind: 'refused',
    code: 'INVALID_REQUEST',
    message: `metrics.0.iterationId: ${wrong}`,
  });
  pair.sandbox.setFaults([{ kind: 'body', body: JSON.stringify({ metrics: [held], nextCursor: null }), on: 'read' }]);
  expect(await pair.client.readBack(first, unhurried())).toMatchObject({
    kind: 'failed',
    reason: `AdSuite answered 200, but the answer does not match the contract (metrics.0.iterationId: ${wrong})`,
  });
});

test('a cursor that leads to the same page is not followed', async () => {
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'application/json').end('{"metrics":[],"nextCursor":"same"}'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createAdsuiteClient({ url, token, timeoutMilliseconds: 30_000, clock: stoppedClock() });
  const page = await client.readBack(first, unhurried());
  expect(page).toEqual({ kind: 'page', metrics: [], nextCursor: 'same' });
  expect(await client.readBack({ iterationIds: null, cursor: 'same' }, unhurried())).toMatchObject({ kind: 'failed' });
  server.close();
  server.closeAllConnections();
});

test('pages and refusals match the contract', async () => {
  await push([1, 2, 3]);
  const ask = async (query: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${pair.sandbox.url}/v1/iteration-metrics${query}`, { headers });
    return { status: response.status, body: await response.json() };
  };
  const [isPage, isRefusal] = [contractCheck('HeldMetricsPage'), contractCheck('Refusal')];
  const { body } = await ask('?limit=2');
  expect(isPage(body)).toEqual({ fits: true, errors: 'No errors' });
  const next = (await ask(`?limit=2&cursor=${(body as { nextCursor: string }).nextCursor}`)).body;
  expect(isPage(next).fits).toBe(true);
  const idsOf = (page: unknown) => (page as HeldMetricsPage).metrics.map(({ iterationId }) => iterationId);
  expect([idsOf(body), idsOf(next), next]).toMatchObject([['1', '2'], ['3'], { nextCursor: null }]);
  // A page that is full and the last has no cursor.
  expect((await ask('?limit=3')).body).toMatchObject({ nextCursor: null });
  const many = Array.from({ length: 101 }, (_, index) => `iterationId=${index}`).join('&');
  for (const query of ['?limit=0', '?limit=1001', '?limit=x', '?cursor=x', '?cursor=', '?iterationId=x', `?${many}`]) {
    const refused = await ask(query);
    expect([query, refused.status, isRefusal(refused.body).fits]).toEqual([query, 400, true]);
  }
});
