import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createAdsuite, localParameters, redshiftParameters } from '../../local/adsuite.ts';
import { attempt, attempts, catalogOf, columnsIn } from '../../local/catalog.ts';
import { withClient } from '../../local/postgres/server.ts';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { applyBuiltIn, rollBackBuiltIn } from '../../scripts/liquibase/built-in.ts';
import {
  type Changelog,
  type ChangelogRun,
  completeParameters,
  readChangelog,
} from '../../scripts/liquibase/changelog.ts';
import { applyChangelog } from '../../scripts/liquibase/index.ts';
import { rawTableStatements, rawTables } from '../../src/embedded/raw-tables.ts';

const changelog = readChangelog();
let server: PostgresServer;
let run: ChangelogRun;
let lines: string[];
let databases = 0;
let empty: string[];

beforeAll(async () => {
  server = await startPostgres();
  // AdSuite's database is on the same server, but is still reached over TCP.
  const parameters = completeParameters(changelog, 'local', localParameters(await createAdsuite(server)));
  run = { connection: server.connection, context: 'local', parameters, report: (line) => lines.push(line) };
});
afterAll(() => server.stop());
beforeEach(async () => {
  lines = [];
  databases += 1;
  run = { ...run, connection: await server.createDatabase(`warehouse_${databases}`) };
  empty = await catalogOf(run.connection);
  // Roles belong to the server, so each test removes its own.
  return async () => {
    await rollBackBuiltIn(changelog, run);
    expect(await catalogOf(run.connection)).toEqual(empty);
  };
});

const query = (sql: string) => withClient(run.connection, async (client) => (await client.query(sql)).rows);

/** The changelog with one changeset changed or removed. */
const changed = (id: string, change: { sql?: string } | null): Changelog => ({
  ...changelog,
  changesets: changelog.changesets.flatMap((one) => (one.id !== id ? [one] : change ? [{ ...one, ...change }] : [])),
});

test('a second run applies only the guard of the rollback', async () => {
  await applyBuiltIn(changelog, run);
  const catalog = await catalogOf(run.connection);
  expect(lines.at(-1)).toBe('44 changesets applied, 0 already applied');
  await applyBuiltIn(changelog, run);
  expect(lines.slice(-2)).toEqual([
    'Applying changes/shared/guard.sql guard-of-the-rollback',
    '1 changesets applied, 43 already applied',
  ]);
  expect(await catalogOf(run.connection)).toEqual(catalog);
});

test('each user has the rights that it needs and no others', async () => {
  await applyBuiltIn(changelog, run);
  for (const each of attempts) expect(await attempt(run.connection, run.parameters, each)).toBeNull();
});

test('the columns are the same as in the embedded warehouse', async () => {
  await applyBuiltIn(changelog, run);
  const embedded = await server.createDatabase('embedded');
  await withClient(embedded, (client) => client.query(rawTableStatements().join(';\n')));
  for (const { schema, name } of [...rawTables, { schema: 'adsuite_mirror', name: 'refreshes' }]) {
    const relation = `${schema}.${name}`;
    expect(await columnsIn(run.connection, relation)).toEqual(await columnsIn(embedded, relation));
  }
});

test('only a view of the mirror can be refreshed, and only a successful refresh is recorded', async () => {
  await applyBuiltIn(changelog, run);
  const refresh = (view: string) => query(`set role attribution_airflow; call adsuite_mirror.refresh('${view}')`);
  for (const view of ['refreshes', 'nothing', 'strategies; drop table adsuite_mirror.refreshes']) {
    await expect(refresh(view)).rejects.toThrow('there is no materialized view');
  }
  await withClient({ ...run.connection, database: 'adsuite' }, async (client) => {
    await client.query('alter table strategies rename column tune_offer_id to offer_id');
    await expect(refresh('strategies')).rejects.toThrow('column "tune_offer_id" does not exist');
    await client.query('alter table strategies rename column offer_id to tune_offer_id');
  });
  expect(await query('select * from adsuite_mirror.refreshes')).toEqual([]);
  await refresh('strategies');
  expect(await query('select view_name from adsuite_mirror.refreshes')).toEqual([{ view_name: 'strategies' }]);
});

test('each address, login and password may change', async () => {
  await applyBuiltIn(changelog, run);
  const names = ['adsuiteHost', 'adsuitePort', 'adsuiteDatabase', 'adsuiteUser', 'adsuitePassword'];
  const passwords = ['servicePassword', 'dbtPassword', 'airflowPassword'];
  let { parameters } = run;
  for (const name of [...names, ...passwords]) {
    parameters = { ...parameters, [name]: name === 'adsuitePort' ? '1' : 'changed' };
    await applyBuiltIn(changelog, { ...run, parameters });
    // The changed one, and the guard of the rollback.
    expect(lines.at(-1), name).toBe('2 changesets applied, 42 already applied');
  }
  for (const user of ['attribution_service', 'attribution_dbt', 'attribution_airflow']) {
    await withClient({ ...run.connection, user, password: 'changed' }, async () => {});
  }
});

test('a changed address or password is set, any other change is refused', async () => {
  await applyBuiltIn(changelog, run);
  const parameters = { ...run.parameters, servicePassword: 'new-secret', adsuitePort: '1' };
  await applyBuiltIn(changelog, { ...run, parameters });
  expect(lines.at(-1)).toBe('3 changesets applied, 41 already applied');
  await withClient({ ...run.connection, user: 'attribution_service', password: 'new-secret' }, async () => {});
  await expect(query('refresh materialized view adsuite_mirror.strategies')).rejects.toThrow(/could not connect/);

  const elsewhere = { ...run, parameters: { ...run.parameters, adsuiteSchema: 'elsewhere' } };
  await expect(applyBuiltIn(changelog, elsewhere)).rejects.toThrow(
    /edited after .* local-adsuite-prod-strategies, local-adsuite-prod-iterations\./,
  );
  await expect(applyBuiltIn(changed('local-adgem', { sql: 'create schema other;' }), run)).rejects.toThrow(
    /edited after .* local-adgem\./,
  );
});

test('a failed changeset is rolled back, and the next run continues with it', async () => {
  const sql = 'create schema adgem; select 1 / 0;';
  await expect(applyBuiltIn(changed('local-adgem', { sql }), run)).rejects.toThrow(
    'changes/local/sources.sql local-adgem failed: division by zero',
  );
  expect(await query(`select 1 from pg_namespace where nspname = 'adgem'`)).toEqual([]);
  await applyBuiltIn(changelog, run);
  expect(lines.at(-1)).toMatch(/ 32 already applied$/);
});

test('a rollback is refused while a model exists, also after later changesets', async () => {
  await applyBuiltIn(changed('local-builder-reads-sources', null), run);
  await applyBuiltIn(changelog, run);
  await query('create view attribution.model as select 1 as one');
  const catalog = await catalogOf(run.connection);
  await expect(rollBackBuiltIn(changelog, run)).rejects.toThrow(/nothing was rolled back: 1 tables and views/);
  expect(await catalogOf(run.connection)).toEqual(catalog);
  await query('drop view attribution.model');
});

test('concurrent runs apply everything once', async () => {
  await Promise.all([applyBuiltIn(changelog, run), applyBuiltIn(changelog, run)]);
  expect(lines.filter((line) => line.endsWith('already applied')).sort()).toEqual([
    '1 changesets applied, 43 already applied',
    '44 changesets applied, 0 already applied',
  ]);
});

test('a database that was set up without Java stays with the built-in runner', async () => {
  vi.stubEnv('JAVA_HOME', '/nowhere');
  expect(await applyChangelog(run)).toBe('built-in');
  expect(lines[0]).toBe('There is no Java 11 or later, so the changelog is applied without Liquibase.');
  vi.unstubAllEnvs();
  expect(await applyChangelog(run)).toBe('built-in');
  expect(lines).toContain('This database was set up without Liquibase, so it is updated without Liquibase.');
});

test('without Java, Redshift and a database that Liquibase set up are refused', async () => {
  vi.stubEnv('JAVA_HOME', '/nowhere');
  await query('create table databasechangelog ()');
  await expect(applyChangelog(run)).rejects.toThrow(/Liquibase manages the changelog .* needs Java 11/);
  await expect(applyBuiltIn(changelog, run)).rejects.toThrow(/Liquibase manages the changelog/);
  await query('drop table databasechangelog');
  const parameters = { ...redshiftParameters, adsuitePort: '5432' };
  await expect(applyChangelog({ ...run, context: 'redshift', parameters })).rejects.toThrow(/needs Liquibase/);
  vi.unstubAllEnvs();
  await applyBuiltIn(changelog, run);
});
