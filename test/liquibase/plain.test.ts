import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { withClient } from '../../local/postgres/client.ts';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { type Changelog, readChangelog } from '../../scripts/liquibase/changelog.ts';
import { applyChangelog } from '../../scripts/liquibase/index.ts';
import { completeParameters } from '../../scripts/liquibase/parameters.ts';
import { applyPlain, rollBackPlain } from '../../scripts/liquibase/plain.ts';
import type { ChangelogRun } from '../../scripts/liquibase/types.ts';
import { rawTableStatements, rawTables } from '../../src/embedded/raw-tables.ts';
import { createAdsuite, localParameters } from '../support/adsuite.ts';
import { catalogOf, columnsIn } from '../support/catalog.ts';
import { redshiftParameters } from '../support/redshift-changelog.ts';
import { attempt, attempts } from '../support/rights.ts';

const changelog = readChangelog();
let server: PostgresServer;
let run: ChangelogRun;
let said: string[];
let databases = 0;
let nothing: string[];

beforeAll(async () => {
  server = await startPostgres();
  // One server for both: AdSuite is reached over TCP all the same.
  const parameters = completeParameters(changelog, 'local', localParameters(await createAdsuite(server)));
  run = { connection: server.connection, context: 'local', parameters, report: (line) => said.push(line) };
});
afterAll(() => server.stop());
beforeEach(async () => {
  said = [];
  databases += 1;
  run = { ...run, connection: await server.createDatabase(`warehouse_${databases}`) };
  nothing = await catalogOf(run.connection);
  // Roles are the server's, so a test leaves none behind.
  return async () => {
    await rollBackPlain(changelog, run);
    expect(await catalogOf(run.connection)).toEqual(nothing);
  };
});

const query = (sql: string) => withClient(run.connection, async (client) => (await client.query(sql)).rows);

/** The changelog with one changeset changed, or left out. */
const changed = (id: string, change: { sql?: string } | null): Changelog => ({
  ...changelog,
  changesets: changelog.changesets.flatMap((one) => (one.id !== id ? [one] : change ? [{ ...one, ...change }] : [])),
});

test('a second run applies nothing but the guard', async () => {
  await applyPlain(changelog, run);
  const catalog = await catalogOf(run.connection);
  expect(said.at(-1)).toBe('44 changesets applied, 0 were before');
  await applyPlain(changelog, run);
  expect(said.slice(-2)).toEqual([
    'Applying changes/shared/guard.sql guard-of-the-rollback',
    '1 changesets applied, 43 were before',
  ]);
  expect(await catalogOf(run.connection)).toEqual(catalog);
});

test('each user may what it needs and no more', async () => {
  await applyPlain(changelog, run);
  for (const one of attempts) expect(await attempt(run.connection, run.parameters, one)).toBeNull();
});

test('the columns are those that the embedded warehouse has', async () => {
  await applyPlain(changelog, run);
  const embedded = await server.createDatabase('embedded');
  await withClient(embedded, (client) => client.query(rawTableStatements().join(';\n')));
  for (const { schema, name } of [...rawTables, { schema: 'adsuite_mirror', name: 'refreshes' }]) {
    const relation = `${schema}.${name}`;
    expect(await columnsIn(run.connection, relation)).toEqual(await columnsIn(embedded, relation));
  }
});

test('only a view of the mirror can be refreshed, and only a refresh that succeeded is logged', async () => {
  await applyPlain(changelog, run);
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

test('a changed address or password is set again, anything else that changed is refused', async () => {
  await applyPlain(changelog, run);
  const parameters = { ...run.parameters, servicePassword: 'new-secret', adsuitePort: '1' };
  await applyPlain(changelog, { ...run, parameters });
  expect(said.at(-1)).toBe('3 changesets applied, 41 were before');
  await withClient({ ...run.connection, user: 'attribution_service', password: 'new-secret' }, async () => {});
  await expect(query('refresh materialized view adsuite_mirror.strategies')).rejects.toThrow(/could not connect/);

  const elsewhere = { ...run, parameters: { ...run.parameters, adsuiteSchema: 'elsewhere' } };
  await expect(applyPlain(changelog, elsewhere)).rejects.toThrow(
    /edited after .* local-adsuite-prod-strategies, local-adsuite-prod-iterations\./,
  );
  await expect(applyPlain(changed('local-adgem', { sql: 'create schema other;' }), run)).rejects.toThrow(
    /edited after .* local-adgem\./,
  );
});

test('what failed is not half done, and goes on where it stood', async () => {
  const sql = 'create schema adgem; select 1 / 0;';
  await expect(applyPlain(changed('local-adgem', { sql }), run)).rejects.toThrow(
    'changes/local/sources.sql local-adgem failed: division by zero',
  );
  expect(await query(`select 1 from pg_namespace where nspname = 'adgem'`)).toEqual([]);
  await applyPlain(changelog, run);
  expect(said.at(-1)).toMatch(/ 32 were before$/);
});

test('a rollback stops before its first step while a model stands, whatever was added later', async () => {
  await applyPlain(changed('local-builder-reads-sources', null), run);
  await applyPlain(changelog, run);
  await query('create view attribution.model as select 1 as one');
  const catalog = await catalogOf(run.connection);
  await expect(rollBackPlain(changelog, run)).rejects.toThrow(/nothing was rolled back: 1 tables and views/);
  expect(await catalogOf(run.connection)).toEqual(catalog);
  await query('drop view attribution.model');
});

test('two runs at once apply everything once', async () => {
  await Promise.all([applyPlain(changelog, run), applyPlain(changelog, run)]);
  expect(said.filter((line) => line.endsWith('were before')).sort()).toEqual([
    '1 changesets applied, 43 were before',
    '44 changesets applied, 0 were before',
  ]);
});

test('without a Java it is the plain reader, and it stays with it', async () => {
  vi.stubEnv('JAVA_HOME', '/nowhere');
  expect(await applyChangelog(run)).toBe('plain');
  expect(said[0]).toBe('There is no Java 11 or later, so the changelog is applied without Liquibase.');
  vi.unstubAllEnvs();
  expect(await applyChangelog(run)).toBe('plain');
  expect(said).toContain('This database was begun without Liquibase and goes on so.');
});

test('without a Java, Redshift and a database that Liquibase began are refused', async () => {
  vi.stubEnv('JAVA_HOME', '/nowhere');
  await query('create table databasechangelog ()');
  await expect(applyChangelog(run)).rejects.toThrow(/Liquibase keeps the changelog .* needs Java 11/);
  await expect(applyPlain(changelog, run)).rejects.toThrow(/Liquibase keeps the changelog/);
  await query('drop table databasechangelog');
  const parameters = { ...redshiftParameters, adsuitePort: '5432' };
  await expect(applyChangelog({ ...run, context: 'redshift', parameters })).rejects.toThrow(/needs Liquibase/);
  vi.unstubAllEnvs();
  await applyPlain(changelog, run);
});
