import { join } from 'node:path';
import pg from 'pg';
import { startKeptSandbox } from '../../src/embedded/sandbox/kept.ts';
import type { Closing } from './closing.ts';
import { type Logins, withClient } from './logins.ts';

/** AdSuite's tables, with the columns that attribution reads. */
const tables = `
  create table if not exists public.strategies (
    id bigint primary key, name varchar, tune_offer_id bigint, created_at timestamptz not null);
  create table if not exists public.iterations (
    iteration_id bigint primary key, strategy_id bigint not null, name varchar, created_at timestamptz not null);
  alter table public.strategies owner to adsuite;
  alter table public.iterations owner to adsuite;
  grant usage on schema public to attribution_federation;
  grant select on public.strategies, public.iterations to attribution_federation`;

/**
 * Creates what is missing in AdSuite's PostgreSQL: the database, the application's user `adsuite`, the read-only user for
 * the warehouse, and the two tables.
 */
export async function prepareAdsuite(logins: Logins): Promise<void> {
  const superuser = logins.to('adsuite', 'postgres');
  await withClient({ ...superuser, database: 'postgres' }, async (client) => {
    for (const user of ['adsuite', 'attribution_federation'] as const) {
      await ensureUser(client, user, logins.to('adsuite', user).password);
    }
    await ensureDatabase(client, 'adsuite');
  });
  await withClient(superuser, (client) => client.query(tables));
}

/** Creates an empty database if it does not exist. */
export async function ensureDatabase(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
}

async function ensureUser(client: pg.Client, name: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [name]);
  const verb = rowCount === 0 ? 'create' : 'alter';
  await client.query(`${verb} role ${pg.escapeIdentifier(name)} login password ${pg.escapeLiteral(password)}`);
}

/** Environment variables of the service for AdSuite's API. */
export interface AdsuiteApi {
  readonly ADSUITE_URL: string;
  readonly ADSUITE_TOKEN: string;
}

/** Starts a sandbox of AdSuite's API. It keeps the received pushes between starts. */
export async function startAdsuiteApi(folder: string, closing: Closing): Promise<AdsuiteApi> {
  const { sandbox, token } = await startKeptSandbox(join(folder, 'sandbox'));
  await closing.opened(() => sandbox.close());
  return { ADSUITE_URL: sandbox.url, ADSUITE_TOKEN: token };
}
