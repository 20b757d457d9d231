import { fileURLToPath } from 'node:url';
import nunjucks from 'nunjucks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { connectStore, type Store } from '../support/dbt.ts';

const folder = fileURLToPath(new URL('../../warehouse/airflow/dags/attribution_sql', import.meta.url));
const templates = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder), {
  autoescape: false,
  throwOnUndefined: true,
});

let server: PostgresServer;
let store: Store;
beforeAll(async () => {
  server = await startPostgres();
  store = await connectStore(server.connection);
});
afterAll(async () => {
  await store.close();
  await server.stop();
});
beforeEach(async () => {
  await store.query('truncate adsuite_mirror.refreshes');
});

/** The warehouse's clock, as the run's first task reads it. */
async function readClock(): Promise<string> {
  const { rows } = await store.query(templates.render('postgres/clock.sql', {}));
  return String(Object.values(rows[0] ?? {})[0]);
}

/** What the row would be taken for: Airflow fails the task if a value of it is not true to Python. */
async function check(clock: string): Promise<boolean> {
  const sql = templates.render('check.sql', {
    mirrored_tables: ['strategies', 'iterations'],
    ti: { xcom_pull: () => [[clock]] },
  });
  const { rows } = await store.query(sql);
  expect(Object.keys(rows[0] ?? {})).toEqual(['strategies', 'iterations']);
  return Object.values(rows[0] ?? {}).every((value) => Number(value) > 0);
}

const refresh = (table: string, started = 'clock_timestamp()') =>
  store.query(`insert into adsuite_mirror.refreshes values ('${table}', ${started}, clock_timestamp())`);

test('the clock is UTC with microseconds, whatever the time zone of the session is', async () => {
  const clock = await readClock();
  expect(clock).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00$/);
  const { rows } = await store.query(
    `select current_setting('TimeZone') as zone,
            '${clock}'::timestamptz <= clock_timestamp()
              and '${clock}'::timestamptz > clock_timestamp() - interval '10 minutes' as is_now`,
  );
  expect(rows[0]).toEqual({ zone: 'America/New_York', is_now: true });
});

test('passes when both tables were refreshed after the clock was read', async () => {
  const clock = await readClock();
  await refresh('strategies');
  await refresh('iterations');
  expect(await check(clock)).toBe(true);
});

test('passes when a refresh was tried again, and when it began in the very microsecond', async () => {
  const clock = await readClock();
  await refresh('strategies', `'${clock}'::timestamptz`);
  await refresh('iterations');
  await refresh('iterations');
  expect(await check(clock)).toBe(true);
});

test('fails when nothing was refreshed', async () => {
  expect(await check(await readClock())).toBe(false);
});

test.each(['strategies', 'iterations'])('fails when only %s was refreshed', async (table) => {
  const clock = await readClock();
  await refresh(table);
  await refresh(table);
  await refresh('another_table');
  expect(await check(clock)).toBe(false);
});

test('fails when the refreshes began before the run, even if they finished in it', async () => {
  const clock = await readClock();
  await refresh('strategies', `'${clock}'::timestamptz - interval '1 microsecond'`);
  await refresh('iterations', `'${clock}'::timestamptz - interval '1 microsecond'`);
  expect(await check(clock)).toBe(false);
});

test('fails when one of the two is from an earlier run', async () => {
  await refresh('strategies');
  const clock = await readClock();
  await refresh('iterations');
  expect(await check(clock)).toBe(false);
});
