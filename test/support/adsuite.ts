import { type PostgresConnection, withClient } from '../../local/postgres/client.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';

/** AdSuite's own user that the warehouse logs in with. */
export const federationLogin = { user: 'attribution_federation', password: 'federation-secret' };

/** An AdSuite database with rows, and more columns and narrower types than the mirror wants. */
export async function createAdsuite(server: PostgresServer): Promise<PostgresConnection> {
  const connection = await server.createDatabase('adsuite');
  await withClient(connection, (client) =>
    client.query(`
      create type strategy_state as enum ('draft', 'live');
      create table strategies (
        id integer primary key, name text, tune_offer_id integer, state strategy_state, settings jsonb,
        created_at timestamptz not null);
      create table iterations (
        iteration_id bigint primary key, strategy_id integer not null, name text, settings jsonb,
        created_at timestamptz not null);
      insert into strategies values
        (1, 'Spring', 900, 'live', '{}', '2026-01-01T00:00:00.000001Z'), (2, null, null, 'draft', null, '2026-01-02Z');
      insert into iterations values (10, 1, 'first', '{}', '2026-01-01T00:00:00.000001Z');
      create user ${federationLogin.user} password '${federationLogin.password}';
      grant select on strategies, iterations to ${federationLogin.user}`),
  );
  return connection;
}

/** The changelog's parameters of the local context that have no default. */
export function localParameters(adsuite: PostgresConnection): Record<string, string> {
  return {
    adsuiteHost: adsuite.host,
    adsuitePort: String(adsuite.port),
    adsuitePassword: federationLogin.password,
    servicePassword: 'service-secret',
    dbtPassword: 'dbt-secret',
    airflowPassword: 'airflow-secret',
  };
}
