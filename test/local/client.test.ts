import { afterAll, beforeAll, expect, test } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

test('an idle connection that breaks fails the next query, not the process', async () => {
  const { connection } = server;
  await withClient(connection, async (idle) => {
    const { rows } = await idle.query('select pg_backend_pid() as pid');
    const ended = new Promise((resolve) => idle.once('end', resolve));
    await withClient(connection, (other) => other.query('select pg_terminate_backend($1)', [rows[0].pid]));
    await ended;
    await expect(idle.query('select 1')).rejects.toThrow();
  });
});
