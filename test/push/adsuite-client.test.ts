import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createAdsuiteClient } from '../../src/push/adsuite/client.ts';
import { makeAuthority } from '../support/network.ts';
import { batch, row, startPair, stoppedClock, token, unhurried } from './support.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen<S extends Server>(server: S): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A client of a server that answers with `answer`. */
async function clientOf(answer: RequestListener, date?: string) {
  const port = await listen(createServer(answer));
  return clientAt(`http://127.0.0.1:${port}`, date);
}

const clientAt = (url: string, date?: string) =>
  createAdsuiteClient({ url, token, timeoutMilliseconds: 30_000, clock: stoppedClock(date) });

const rows = [row('17'), row('18')];

const json: (status: number, body: unknown, headers?: Record<string, string>) => RequestListener =
  (status, body, headers = {}) =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

test('a redirect is not followed, and the other host gets no request', async () => {
  let requests = 0;
  const port = await listen(createServer((_, response) => void response.end(String(++requests))));
  const { sandbox, client } = await startPair();
  for (const status of [301, 302, 303, 307, 308] as const) {
    sandbox.setFaults([{ kind: 'redirect', status, location: `http://127.0.0.1:${port}/`, on: 'any' }]);
    const fatal = { kind: 'fatal', reason: `AdSuite redirects (${status}); redirects are not followed` };
    expect(await client.send(batch(rows), unhurried())).toEqual(fatal);
    expect(await client.readBack({ iterationIds: null, cursor: null }, unhurried())).toEqual(fatal);
  }
  expect(requests).toBe(0);
  await sandbox.close();
});

test('if the port is closed or the host is unknown, nothing can have arrived', async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'adsuite.invalid']) {
    expect(await clientAt(`http://${host}`).send(batch(rows), unhurried())).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(/no answer from AdSuite: .*(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)/),
      retryAfterMilliseconds: null,
      mayHaveArrived: false,
    });
  }
});

test('an AdSuite with an untrusted certificate does not get the token', async () => {
  const { certificate, key } = await (await makeAuthority('another')).issue([{ type: 'ip', value: '127.0.0.1' }]);
  let requests = 0;
  const secure = createSecureServer({ cert: certificate, key }, (_, response) => void response.end(String(++requests)));
  const port = await listen(secure);
  expect(await clientAt(`https://127.0.0.1:${port}`).send(batch(rows), unhurried())).toEqual({
    kind: 'fatal',
    reason: expect.stringMatching(/no answer from AdSuite: .*(CERT|UNABLE_TO)/),
  });
  expect(requests).toBe(0);
});

test('an aborted signal ends the request, and prevents one that was not sent', async () => {
  const { sandbox, client, clock } = await startPair();
  const gone = { kind: 'failed', retryAfterMilliseconds: null };
  expect(await client.send(batch(rows), AbortSignal.abort())).toMatchObject({ ...gone, mayHaveArrived: false });
  expect(sandbox.requests()).toEqual([]);

  sandbox.setFaults([{ kind: 'silence' }]);
  const giveUp = new AbortController();
  const sending = client.send(batch(rows), giveUp.signal);
  await vi.waitFor(() => expect(sandbox.requests()).toHaveLength(1), 10_000);
  giveUp.abort();
  expect(await sending).toEqual({ ...gone, reason: 'no answer from AdSuite: aborted', mayHaveArrived: true });
  expect(clock.sleeping()).toBe(0);
  await sandbox.close();
});

test('no result contains the token or what the ledger cannot store', async () => {
  const words = `text \0 ${token} \u001b[31m \ud800 ${'x'.repeat(3000)}`;
  for (const status of [400, 401, 500]) {
    const client = await clientOf(json(status, { code: token, message: words }));
    const text = JSON.stringify(await client.send(batch(rows), unhurried()));
    expect(text).toContain('text [token] [31m � xxx');
    expect(text).not.toContain(token);
    expect(text.length).toBeLessThan(1300);
  }
  const results = [{ iterationId: '17', status: 'rejected', code: token, message: words }];
  const client = await clientOf(json(200, { results }));
  expect(JSON.stringify(await client.send(batch(rows), unhurried()))).not.toContain(token);
});

test('a token that does not fit in a header, or an address with secrets, is rejected without quoting it', () => {
  const make = (url: string, secret: string) => () =>
    createAdsuiteClient({ url, token: secret, timeoutMilliseconds: 1, clock: stoppedClock() });
  for (const secret of ['', 'se cret', 'secret\n', 'sécret']) {
    expect(make('http://localhost', secret)).toThrow("AdSuite's token must be visible ASCII without spaces.");
  }
  for (const url of [
    'nowhere',
    'ftp://host',
    'http://user:secret@host',
    'http://host/?secret',
    'http://host/#secret',
  ]) {
    expect(make(url, 'secret')).toThrow(/^AdSuite's address (?!.*secret)/);
  }
});

test('the request follows the contract, below the path of the address', async () => {
  const received: object[] = [];
  const port = await listen(
    createServer((request, response) => {
      received.push({ method: request.method, url: request.url, headers: request.headers });
      json(200, { results: [] })(request, response);
    }),
  );
  const client = clientAt(`http://127.0.0.1:${port}/adsuite/`);
  await client.send(batch(rows), unhurried());
  await client.readBack({ iterationIds: ['17', '-18'], cursor: 'a b&c' }, unhurried());
  expect(received).toMatchObject([
    {
      method: 'POST',
      url: '/adsuite/v1/iteration-metrics',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    },
    { method: 'GET', url: '/adsuite/v1/iteration-metrics?iterationId=17&iterationId=-18&cursor=a+b%26c' },
  ]);
});

test('an invalid result is ignored alone, and unknown fields are ignored', async () => {
  const results = [
    { iterationId: '17', status: 'accepted', code: null, score: 7 },
    { iterationId: '18', status: 'queued' },
    { iterationId: '19', status: 'accepted' },
    { iterationId: '19', status: 'rejected' },
    { iterationId: '20', status: 'stale', code: 'NEWER_VERSION' },
    { iterationId: '99', status: 'accepted' },
    { iterationId: 21, status: 'accepted' },
    { iterationId: '007', status: 'accepted' },
    null,
  ];
  const client = await clientOf(
    json(200, { results, more: true }, { 'content-type': 'application/json; charset=utf-8' }),
  );
  const sent = await client.send(batch(['17', '18', '19', '20', '21'].map((id) => row(id))), unhurried());
  expect(sent).toEqual({
    kind: 'answered',
    results: [
      { iterationId: '17', state: 'ACCEPTED', code: null, message: null },
      { iterationId: '20', state: 'STALE', code: 'NEWER_VERSION', message: null },
    ],
  });
});

test('a batch that exceeds the limits of the contract is not sent', async () => {
  const { sandbox, client } = await startPair();
  const many = Array.from({ length: 1001 }, (_, index) => row(String(index)));
  expect(await client.send(batch(many), unhurried())).toMatchObject({ kind: 'refused', code: 'TOO_LARGE' });
  expect(sandbox.requests()).toEqual([]);
  await sandbox.close();
});

test('a Retry-After date counts from the date of the answer, even if the local clock is wrong', async () => {
  const headers = { date: 'Tue, 03 Feb 2026 04:05:06 GMT', 'retry-after': 'Tue, 03 Feb 2026 04:06:06 GMT' };
  const client = await clientOf(json(503, {}, headers), '2026-02-03T05:05:06Z');
  expect(await client.send(batch(rows), unhurried())).toMatchObject({ retryAfterMilliseconds: 60_000 });
  const dateless: RequestListener = (_, response) => {
    response.sendDate = false;
    response.writeHead(503, { 'retry-after': headers['retry-after'] }).end();
  };
  const other = await clientOf(dateless, '2026-02-03T04:05:36Z');
  expect(await other.send(batch(rows), unhurried())).toMatchObject({ retryAfterMilliseconds: 30_000 });
});
