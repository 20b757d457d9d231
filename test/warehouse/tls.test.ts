import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { openWarehouse } from '../../src/db/warehouse/connect.ts';
import { makeAuthority } from '../support/network.ts';

const folder = mkdtempSync(join(tmpdir(), 'attribution-tls-'));
const right = join(folder, 'right.pem');
const wrong = join(folder, 'wrong.pem');
/** A server whose certificate is for this machine's address. */
let server: PostgresServer;
/** A server whose certificate is for another name. */
let other: PostgresServer;
beforeAll(async () => {
  const authority = await makeAuthority('Warehouse authority');
  writeFileSync(right, authority.pem);
  writeFileSync(wrong, (await makeAuthority('Another authority')).pem);
  server = await startPostgres([], await authority.issue([{ type: 'ip', value: '127.0.0.1' }]));
  other = await startPostgres([], await authority.issue([{ type: 'dns', value: 'warehouse.example.com' }]));
});
afterAll(async () => {
  await server?.stop();
  await other?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Whether a connection is encrypted, or why it failed. */
async function connect({ connection }: PostgresServer, caFile: string | null): Promise<string> {
  let explanation = '';
  const { host, port, database, user, password } = connection;
  const warehouse = openWarehouse({
    target: { dialect: 'postgres', host, port, database, login: { kind: 'password', user, password }, tls: { caFile } },
    maxConnections: 1,
    waitMilliseconds: 10_000,
    statementMilliseconds: 10_000,
    onConnectionLost: () => {},
    onFault: (_name, fault) => {
      explanation = fault.explanation;
    },
  });
  try {
    const [row] = await warehouse.rows(
      'builds.latest',
      sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`,
    );
    return row?.ssl ? 'encrypted' : 'plain';
  } catch {
    return explanation;
  } finally {
    await warehouse.close();
  }
}

test('a certificate of a trusted authority, for the requested name', async () => {
  expect(await connect(server, right)).toBe('encrypted');
});

test.each([
  ['another authority', () => connect(server, wrong), /this process does not trust.*WAREHOUSE_CA/],
  ["Node's own authorities", () => connect(server, null), /this process does not trust/],
  ['another name', () => connect(other, right), /does not match the host name/],
])('refused: %s', async (_what, attempt, words) => {
  expect(await attempt()).toMatch(words);
});

test('an unreadable file of authorities is reported immediately', async () => {
  await expect(connect(server, join(folder, 'lost.pem'))).rejects.toThrow('ENOENT');
});

test.each(['', 'no certificate'])('a file without a certificate is refused: "%s"', async (text) => {
  const file = join(folder, 'empty.pem');
  writeFileSync(file, text);
  await expect(connect(server, file)).rejects.toThrow(/empty\.pem is not a certificate in PEM format/);
});
