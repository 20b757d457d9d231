import { describe, expect, test } from 'vitest';
import { freePort } from '../../local/ports.ts';
import { rawTableStatements } from '../../src/embedded/raw-tables.ts';
import { serviceUser, sharedPostgres } from '../support/databases.ts';
import { run } from '../support/dbt.ts';
import { ask, failedStart, send, start } from '../support/service.ts';
import { openPostgresStore } from '../support/warehouses.ts';

// The service as in production: a separate process with an external warehouse.
const server = sharedPostgres();

const url = (database: string, { user, password } = serviceUser, port = server.connection.port) =>
  `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;

test('it reports that no build exists, and then serves each build without a restart', async () => {
  const store = await openPostgresStore();
  try {
    const service = start({ WAREHOUSE_URL: url(store.target.database), BUILD_CHECK_SECONDS: '0' });
    const address = await service.listening;
    expect(service.output()).toContain('It has no build yet');
    const status = '{ dataStatus { build isStale staleReasons mirror { table refreshedAt } } }';
    const before = await send<{ dataStatus: object }>(address, '{ dataStatus { build isStale staleReasons } }');
    expect(before.data).toEqual({
      dataStatus: { build: null, isStale: true, staleReasons: ['The attribution has not been built yet.'] },
    });
    const rows = await send(address, '{ strategies { nodes { id } } }');
    expect(rows.status).toBe(503);
    expect(rows.headers.get('retry-after')).toBe('5');
    expect(rows.errors?.[0]).toMatchObject({ extensions: { code: 'WAREHOUSE_UNAVAILABLE' } });

    for (const statement of rawTableStatements()) await store.query(statement);
    await store.query(`insert into adsuite_mirror.refreshes values
      ('strategies', '2026-01-01T00:00:00Z', '2026-01-01T00:00:05Z'),
      ('strategies', '2026-01-02T00:00:00.000001Z', '2026-01-02T00:00:05Z')`);
    for (const invocationId of ['first', 'second']) {
      await run(store, { invocationId });
      expect((await ask<{ dataStatus: object }>(address, status)).dataStatus).toMatchObject({
        build: invocationId,
        // Start of the last refresh; iterations have no recorded refresh.
        mirror: [
          { table: 'strategies', refreshedAt: '2026-01-02T00:00:00.000001Z' },
          { table: 'iterations', refreshedAt: null },
        ],
      });
    }
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);

    const again = start({ WAREHOUSE_URL: url(store.target.database) });
    await again.listening;
    expect(again.output()).toContain(`Warehouse: PostgreSQL at 127.0.0.1:${server.connection.port}`);
    expect(again.output()).toMatch(/Build 2 of .*, 0 conversions, 0 attributed/);
    expect(again.output()).not.toContain('may write');
    expect(again.output()).not.toContain(serviceUser.password);
    again.child.kill('SIGTERM');
    await again.exit;

    const owner = start({ WAREHOUSE_URL: url(store.target.database, server.connection) });
    await owner.listening;
    expect(owner.output()).toContain('this user may write');
    owner.child.kill('SIGTERM');
    await owner.exit;
  } finally {
    await store.close();
  }
});

test('a user with write privileges is reported before the first build too', async () => {
  const store = await openPostgresStore();
  try {
    const service = start({ WAREHOUSE_URL: url(store.target.database, server.connection) });
    await service.listening;
    expect(service.output()).toMatch(/It has no build yet[\s\S]*this user may write/);
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
  } finally {
    await store.close();
  }
});

test('a query that takes too long is cancelled in the warehouse and answered with DEADLINE_EXCEEDED', async () => {
  const store = await openPostgresStore();
  try {
    for (const statement of rawTableStatements()) await store.query(statement);
    await run(store);
    const service = start({ WAREHOUSE_URL: url(store.target.database), WAREHOUSE_STATEMENT_SECONDS: '1' });
    const address = await service.listening;
    // The table is locked while this transaction is open.
    await store.query('begin');
    await store.query('lock table attribution.strategies in access exclusive mode');
    const { status, errors } = await send(address, '{ strategies { nodes { id } } }');
    const waiting = await store.query(
      `select pid from pg_stat_activity where usename = $1 and datname = current_database() and wait_event_type = 'Lock'`,
      [serviceUser.user],
    );
    await store.query('rollback');
    expect(status).toBe(504);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'DEADLINE_EXCEEDED' } });
    expect(waiting.rows).toEqual([]);
    expect((await send(address, '{ strategies { nodes { id } } }')).status).toBe(200);
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
  } finally {
    await store.close();
  }
});

test('a warehouse that is down is reported at startup, and queries fail with WAREHOUSE_UNAVAILABLE until it is back', async () => {
  const port = await freePort();
  const service = start({ WAREHOUSE_URL: url('postgres', serviceUser, port), LOG_LEVEL: 'error' });
  const address = await service.listening;
  expect(service.output()).toContain(`Nothing listens at 127.0.0.1:${port}`);
  const { status, errors } = await send(address, '{ strategies { nodes { id } } }');
  expect(status).toBe(503);
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'WAREHOUSE_UNAVAILABLE' } });
  service.child.kill('SIGTERM');
  expect(await service.exit).toBe(0);
  expect(service.output()).not.toContain(serviceUser.password);
});

describe('an operator error ends startup with exit code 1', () => {
  test.each([
    [
      'a wrong password',
      () => url('postgres', { ...serviceUser, password: 'hush' }),
      /rejected the login of user attribution_service/,
    ],
    ['an unknown database', () => url('lost'), /database lost does not exist/],
    ['a server without TLS', () => `${url('postgres')}?sslmode=verify-full`, /does not support TLS/],
  ])('%s', async (_what, wrong, words) => {
    const output = await failedStart({ WAREHOUSE_URL: wrong() });
    expect(output).toMatch(words);
    expect(output).not.toMatch(/hush|read-only/);
  });

  test('a missing file of certificate authorities', async () => {
    const output = await failedStart({ WAREHOUSE_URL: url('postgres'), WAREHOUSE_CA: '/nowhere/ca.pem' });
    expect(output).toMatch(/WAREHOUSE_CA can't be read.*\/nowhere\/ca\.pem/);
  });
});
