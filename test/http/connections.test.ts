import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Fastify from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HttpConfig } from '../../src/config/http.ts';
import { loadConfig } from '../../src/config/index.ts';
import { closeStalled, httpServers } from '../../src/http/connections.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { serve, type TestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/small-world.ts';
import { openRaw } from './raw.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(2), smallWorldAsOf);
});
afterAll(() => database.close());

/** Every time-out so long that it can't be the one that closes a connection, but for those given. */
async function withService<Result>(http: Partial<HttpConfig>, run: (service: TestService) => Promise<Result>) {
  const long = { headersSeconds: 3_000, requestSeconds: 3_000, keepAliveSeconds: 3_000, stalledSeconds: 3_000 };
  const log: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void log.push(line) });
  const service = await serve(database.target, {
    http: { ...loadConfig({ PORT: '0' }).http, ...long, ...http },
    logger,
  });
  try {
    return await run({ ...service, log });
  } finally {
    service.app.server.closeAllConnections();
    await service.close();
  }
}

const head = (length: number) =>
  `POST /graphql HTTP/1.1\r\nHost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
const whole = JSON.stringify({ query: '{ __typename }' });

test('time-outs are looked at once a second, whatever their lengths', () =>
  withService({}, async ({ app }) => {
    expect(app.server).toMatchObject({
      connectionsCheckingInterval: 1_000,
      headersTimeout: 3_000_000,
      requestTimeout: 3_000_000,
      keepAliveTimeout: 3_000_000,
    });
  }));

test('a connection on which nothing is sent is closed', () =>
  withService({ headersSeconds: 1 }, async ({ url }) => {
    expect(await (await openRaw(url)).closed).toMatch(/^HTTP\/1\.1 408 /);
  }));

test('headers that are never complete are closed, with an answer', () =>
  withService({ headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRaw(url);
    connection.write('POST /graphql HTTP/1.1\r\nHost: localhost\r\nx-slow: ');
    const answer = await connection.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('HTTP_HEADERS_SECONDS');
  }));

test('a byte now and then does not keep headers open', () =>
  withService({ headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRaw(url);
    connection.write('POST /graphql HTTP/1.1\r\nHost: localhost\r\nx-slow: ');
    const drip = setInterval(() => connection.write('x'), 50);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  }));

test('a body that never ends is closed, with an answer, however it drips', () =>
  withService({ requestSeconds: 1, headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRaw(url);
    connection.write(head(1_000_000));
    const drip = setInterval(() => connection.write(' '), 50);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  }));

test('an idle connection is closed after its last answer', () =>
  withService({ keepAliveSeconds: 1 }, async ({ url }) => {
    const connection = await openRaw(url);
    connection.write(head(whole.length) + whole);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 [\s\S]*"__typename":"Query"/);
  }));

test('empty lines do not keep an idle connection open', () =>
  withService({ keepAliveSeconds: 1, headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRaw(url);
    connection.write(head(whole.length) + whole);
    const drip = setInterval(() => connection.write('\r\n'), 50);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 /);
    clearInterval(drip);
  }));

test('a connection that is used is not idle', () =>
  withService({ keepAliveSeconds: 1, headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRaw(url);
    let open = true;
    void connection.closed.then(() => {
      open = false;
    });
    // For longer than an idle connection stays open.
    const start = performance.now();
    while (performance.now() - start < 3_500) {
      connection.write(head(whole.length) + whole);
      await once(connection.socket, 'data');
    }
    expect(open).toBe(true);
    connection.socket.destroy();
  }));

test('a client that stops reading its answer is closed', () =>
  withService({ stalledSeconds: 1 }, async ({ url, app }) => {
    const { hostname, port } = new URL(url);
    const accepted = once(app.server, 'connection');
    const socket = connect(Number(port), hostname).pause();
    const [server] = await accepted;
    const closed = once(server, 'close');
    // More than the buffers of both ends hold: so many answers in a row, none of which is read.
    const introspection = JSON.stringify({
      query: '{ __schema { types { name description fields { name description } } } }',
    });
    socket.write((head(introspection.length) + introspection).repeat(400));
    await closed;
    socket.destroy();
  }));

test('a pipelined request may take longer than a client may stall', async () => {
  const { http } = loadConfig({ PORT: '0' });
  const app = Fastify({ serverFactory: httpServers(http, pino({ level: 'silent' })).serverFactory });
  closeStalled(app, http);
  const [reached, held, finished] = [0, 1, 2].map(() => Promise.withResolvers<void>());
  app.get('/fast', (_request, reply) => {
    reply.raw.once('finish', () => finished?.resolve());
    return 'fast';
  });
  app.get('/held', async () => {
    reached?.resolve();
    await held?.promise;
    return 'released';
  });
  const accepted = once(app.server, 'connection') as Promise<[Socket]>;
  try {
    const connection = await openRaw(await app.listen({ host: http.host, port: 0 }));
    const [server] = await accepted;
    connection.write(['/fast', '/held'].map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
    await finished?.promise;
    await reached?.promise;
    // The first answer's time-out is over; while the second is worked on, none runs.
    expect(server.timeout).toBe(0);
    held?.resolve();
    connection.write('GET /fast HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\n\r\n');
    expect(await connection.closed).toMatch(/released/);
  } finally {
    await app.close();
  }
});

test('each of the servers that a name with two addresses makes has the limits', () => {
  const { http } = loadConfig({ HTTP_MAX_CONNECTIONS: '7' });
  const { serverFactory } = httpServers(http, pino({ level: 'silent' }));
  for (const server of [serverFactory(() => {}, {}), serverFactory(() => {}, {})]) {
    expect(server).toMatchObject({ maxConnections: 7, connectionsCheckingInterval: 1_000, headersTimeout: 10_000 });
    expect(server.listenerCount('drop')).toBe(1);
  }
});

test('while as many connections as allowed are open, a further one is closed at once; then there is room again', () =>
  withService({ maxConnections: 2 }, async ({ url, app, log }) => {
    const accepted: Socket[] = [];
    app.server.on('connection', (socket) => accepted.push(socket));
    const first = await openRaw(url);
    const second = await openRaw(url);
    // Answered, so the server has accepted both.
    for (const connection of [first, second]) {
      connection.write(head(whole.length) + whole);
      await once(connection.socket, 'data');
    }
    expect(await (await openRaw(url)).closed).toBe('');
    expect(await (await openRaw(url)).closed).toBe('');
    // A flood of connections is not a flood of lines.
    expect(log.filter((line) => line.includes('HTTP_MAX_CONNECTIONS'))).toHaveLength(1);

    const [one] = accepted;
    first.socket.destroy();
    if (one) await once(one, 'close');
    const next = await openRaw(url);
    next.write(head(whole.length) + whole);
    expect(String(await once(next.socket, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
  }));

test('a malformed request is answered in the shape of all refusals', () =>
  withService({}, async ({ url }) => {
    const connection = await openRaw(url);
    connection.write('hello\r\n\r\n');
    const answer = await connection.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('{"errors":[{"message":"Malformed HTTP request.","extensions":{"code":"BAD_REQUEST"}}]}');
    const large = await openRaw(url);
    large.write(`GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await large.closed).toMatch(/^HTTP\/1\.1 431 /);
  }));
