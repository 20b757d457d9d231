import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Fastify from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HttpConfig } from '../../src/config/http.ts';
import { loadConfig } from '../../src/config/index.ts';
import { closeStalled, createHttpServers } from '../../src/http/connection-limits.ts';
import { openRawConnection } from '../support/network.ts';
import { serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(2), smallWorldAsOf);
});
afterAll(() => database.close());

/** Sets all timeouts that are not given so long that they cannot close a connection. */
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

test('timeouts are checked once a second, whatever their length', () =>
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
    expect(await (await openRawConnection(url)).closed).toMatch(/^HTTP\/1\.1 408 /);
  }));

test('incomplete headers get a response, then the connection is closed', () =>
  withService({ headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRawConnection(url);
    connection.write('POST /graphql HTTP/1.1\r\nHost: localhost\r\nx-slow: ');
    const response = await connection.closed;
    expect(response).toMatch(/^HTTP\/1\.1 408 /);
    expect(response).toContain('HTTP_HEADERS_SECONDS');
  }));

test('slow bytes do not extend the time for headers', () =>
  withService({ headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRawConnection(url);
    connection.write('POST /graphql HTTP/1.1\r\nHost: localhost\r\nx-slow: ');
    const drip = setInterval(() => connection.write('x'), 50);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  }));

test('an incomplete body gets a response, then the connection is closed, even if bytes keep arriving', () =>
  withService({ requestSeconds: 1, headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRawConnection(url);
    connection.write(head(1_000_000));
    const drip = setInterval(() => connection.write(' '), 50);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  }));

test('an idle connection is closed after its last response', () =>
  withService({ keepAliveSeconds: 1 }, async ({ url }) => {
    const connection = await openRawConnection(url);
    connection.write(head(whole.length) + whole);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 [\s\S]*"__typename":"Query"/);
  }));

test('empty lines do not keep an idle connection open', () =>
  withService({ keepAliveSeconds: 1, headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRawConnection(url);
    connection.write(head(whole.length) + whole);
    const drip = setInterval(() => connection.write('\r\n'), 50);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 /);
    clearInterval(drip);
  }));

test('a connection in use stays open', () =>
  withService({ keepAliveSeconds: 1, headersSeconds: 1 }, async ({ url }) => {
    const connection = await openRawConnection(url);
    let open = true;
    void connection.closed.then(() => {
      open = false;
    });
    // Longer than an idle connection stays open.
    const start = performance.now();
    while (performance.now() - start < 3_500) {
      connection.write(head(whole.length) + whole);
      await once(connection.socket, 'data');
    }
    expect(open).toBe(true);
    connection.socket.destroy();
  }));

test('a connection whose client stops reading is closed', () =>
  withService({ stalledSeconds: 1 }, async ({ url, app }) => {
    const { hostname, port } = new URL(url);
    const accepted = once(app.server, 'connection');
    const socket = connect(Number(port), hostname).pause();
    const [server] = await accepted;
    const closed = once(server, 'close');
    // More responses than the buffers of both ends can hold.
    const introspection = JSON.stringify({
      query: '{ __schema { types { name description fields { name description } } } }',
    });
    socket.write((head(introspection.length) + introspection).repeat(400));
    await closed;
    socket.destroy();
  }));

test('a pipelined request may take longer than HTTP_STALLED_SECONDS', async () => {
  const { http } = loadConfig({ PORT: '0' });
  const app = Fastify({ serverFactory: createHttpServers(http, pino({ level: 'silent' })).serverFactory });
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
    const connection = await openRawConnection(await app.listen({ host: http.host, port: 0 }));
    const [server] = await accepted;
    connection.write(['/fast', '/held'].map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
    await finished?.promise;
    await reached?.promise;
    // No timeout runs between the first response and the second.
    expect(server.timeout).toBe(0);
    held?.resolve();
    connection.write('GET /fast HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\n\r\n');
    expect(await connection.closed).toMatch(/released/);
  } finally {
    await app.close();
  }
});

test('every server of a service has the limits', () => {
  const { http } = loadConfig({ HTTP_MAX_CONNECTIONS: '7' });
  const { serverFactory } = createHttpServers(http, pino({ level: 'silent' }));
  for (const server of [serverFactory(() => {}, {}), serverFactory(() => {}, {})]) {
    expect(server).toMatchObject({ maxConnections: 7, connectionsCheckingInterval: 1_000, headersTimeout: 10_000 });
    expect(server.listenerCount('drop')).toBe(1);
  }
});

test('connections beyond the limit are closed immediately, until others close', () =>
  withService({ maxConnections: 2 }, async ({ url, app, log }) => {
    const accepted: Socket[] = [];
    app.server.on('connection', (socket) => accepted.push(socket));
    const first = await openRawConnection(url);
    const second = await openRawConnection(url);
    // Wait for responses, which prove that the server has accepted both.
    for (const connection of [first, second]) {
      connection.write(head(whole.length) + whole);
      await once(connection.socket, 'data');
    }
    expect(await (await openRawConnection(url)).closed).toBe('');
    expect(await (await openRawConnection(url)).closed).toBe('');
    // The log line is throttled.
    expect(log.filter((line) => line.includes('HTTP_MAX_CONNECTIONS'))).toHaveLength(1);

    const [one] = accepted;
    first.socket.destroy();
    if (one) await once(one, 'close');
    const next = await openRawConnection(url);
    next.write(head(whole.length) + whole);
    expect(String(await once(next.socket, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
  }));

test('a malformed request gets an error in GraphQL format', () =>
  withService({}, async ({ url }) => {
    const connection = await openRawConnection(url);
    connection.write('hello\r\n\r\n');
    const response = await connection.closed;
    expect(response).toMatch(/^HTTP\/1\.1 400 /);
    expect(response).toContain(
      '{"errors":[{"message":"Malformed HTTP request.","extensions":{"code":"BAD_REQUEST"}}]}',
    );
    const large = await openRawConnection(url);
    large.write(`GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await large.closed).toMatch(/^HTTP\/1\.1 431 /);
  }));
