import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { startProxy } from '../../local/tcp-proxy.ts';
import { openWarehouse } from '../../src/db/warehouse/connect.ts';

// What Redshift would receive from the service: it rejects unknown startup parameters, and lacks DISCARD, which named
// statements need.
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

/** The frontend messages of one connection: the startup packet, which has no type, and the messages after it. */
function messagesOf(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  let at = 0;
  while (at < bytes.length) {
    const typed = messages.length > 0 ? 1 : 0;
    const end = at + typed + bytes.readUInt32BE(at + typed);
    messages.push({
      type: typed ? String.fromCharCode(bytes[at] ?? 0) : 'startup',
      body: bytes.subarray(at + typed + 4, end),
    });
    at = end;
  }
  return messages;
}

const texts = (body: Buffer): string[] => body.toString('utf8').split('\0');

test('the startup packet has no settings; they are sent as statements, and queries are unnamed', async () => {
  // Variables that the driver would read from the environment.
  const variables = { PGAPPNAME: 'x', PGOPTIONS: '-c geqo=off', PGREPLICATION: 'true', PGSSLNEGOTIATION: 'direct' };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const sent: Buffer[] = [];
  const proxy = await startProxy(server.connection.port, (bytes) => sent.push(Buffer.from(bytes)));
  const { host, database, user, password } = server.connection;
  const warehouse = openWarehouse({
    target: {
      dialect: 'redshift',
      host,
      port: proxy.port,
      database,
      login: { kind: 'password', user, password },
      tls: null,
    },
    maxConnections: 1,
    waitMilliseconds: 10_000,
    statementMilliseconds: 45_000,
    onConnectionLost: () => {},
  });
  const one = sql<{ one: number }>`select ${1}::int as one`;
  expect(await warehouse.rows('builds.latest', one)).toEqual([{ one: 1 }]);
  await warehouse.rows('metrics.all', one);
  await warehouse.close();
  await proxy.cut();

  const messages = messagesOf(Buffer.concat(sent));
  const [startup] = messages;
  expect(texts((startup as Message).body.subarray(4))).toEqual([
    ...['user', user, 'database', database],
    // The driver always sends this one, and Redshift accepts it.
    ...['client_encoding', 'UTF8', '', ''],
  ]);
  const statements = messages.filter(({ type }) => type === 'Q').map(({ body }) => texts(body)[0]);
  expect(statements).toEqual([
    `set timezone to 'UTC'`,
    `set datestyle to 'ISO'`,
    `set application_name to 'attribution-api'`,
    'set statement_timeout to 45000',
  ]);
  const parsed = messages.filter(({ type }) => type === 'P').map(({ body }) => texts(body)[0]);
  expect(parsed).toEqual(['', '']);
});
