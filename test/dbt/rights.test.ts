import { afterAll, beforeAll, expect, test } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { addRaw, connectStore, run } from '../support/dbt.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

test('the runner needs only to read the sources and to create in schema attribution', async () => {
  const superuser = await connectStore(server.connection);
  await addRaw(superuser, { strategies: [{ id: 1, tune_offer_id: 10, created_at: '2026-01-01T00:00:00Z' }] });
  await superuser.query(`create schema attribution;
    create user builder password 'builder';
    grant usage on schema adsuite_mirror, adgem, events to builder;
    grant select on all tables in schema adsuite_mirror, adgem, events to builder;
    grant usage, create on schema attribution to builder`);
  const login = { ...server.connection, user: 'builder', password: 'builder' };
  await withClient(login, async (client) => {
    await expect(client.query('create schema if not exists attribution')).rejects.toThrow('permission denied');
    const builder = { query: (sql: string) => client.query(sql), close: async () => undefined };
    await run(builder);
    await run(builder);
    expect((await client.query('select build_number from attribution.attribution_builds order by 1')).rows).toEqual([
      { build_number: '1' },
      { build_number: '2' },
    ]);
  });
  await superuser.close();
});
