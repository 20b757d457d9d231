import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type PostgresConnection, withClient } from './postgres/server.ts';
import type { PostgresServer } from './postgres/temporary.ts';

/** The AdSuite user that the warehouse logs in with. */
export const federationLogin = { user: 'attribution_federation', password: 'federation-secret' };

/** Creates an AdSuite database with rows. Its tables have more columns and narrower types than the mirror. */
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

/** The changelog's required parameters in the local context. */
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

/** Example values of the changelog's required parameters on Redshift. */
export const redshiftParameters = {
  adsuiteHost: 'adsuite.example.com',
  iamRole: 'arn:aws:iam::123456789012:role/warehouse-reads-adsuite',
  secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:adsuite-reader',
};

/** The OpenAPI file of the contract with AdSuite. */
export const contractFile = join(import.meta.dirname, '../contracts/adsuite-metrics.openapi.yaml');

/** The contract's schemas, by name. References have the form `#/components/schemas/<name>`. */
export function readContractSchemas(): Record<string, object> {
  return parse(readFileSync(contractFile, 'utf8')).components.schemas;
}
