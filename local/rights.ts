import pg from 'pg';
import { type PostgresConnection, withClient } from './postgres/client.ts';

/** A statement of a user of the warehouse. `refused`: PostgreSQL must refuse it for lack of rights. */
export interface Attempt {
  readonly user: 'attribution_service' | 'attribution_dbt' | 'attribution_airflow';
  readonly sql: string;
  readonly refused: boolean;
}

const may = (user: Attempt['user'], sql: string): Attempt => ({ user, sql, refused: false });
const mayNot = (user: Attempt['user'], sql: string): Attempt => ({ user, sql, refused: true });
const [service, dbt, airflow] = ['attribution_service', 'attribution_dbt', 'attribution_airflow'] as const;

/** To run in this order: dbt creates relations, the others try to read and change them, dbt drops them. */
export const attempts: readonly Attempt[] = [
  may(airflow, `call adsuite_mirror.refresh('strategies')`),
  may(airflow, `call adsuite_mirror.refresh('iterations')`),
  may(airflow, 'select * from adsuite_mirror.refreshes'),
  mayNot(airflow, 'create table attribution.mine ()'),
  mayNot(airflow, 'select * from events.events'),
  may(dbt, 'create table attribution.gold as select * from adsuite_mirror.strategies'),
  may(dbt, 'create view attribution.staging as select * from adsuite_mirror.iterations'),
  may(dbt, 'select * from adgem.campaigns, adgem.clicks, events.events, adsuite_mirror.refreshes'),
  mayNot(dbt, `call adsuite_mirror.refresh('strategies')`),
  mayNot(dbt, 'refresh materialized view adsuite_mirror.strategies'),
  mayNot(dbt, 'select * from adsuite_prod.strategies'),
  mayNot(dbt, 'delete from events.events'),
  mayNot(dbt, 'create table adsuite_mirror.mine ()'),
  mayNot(dbt, 'insert into adsuite_mirror.refreshes values (null, now(), now())'),
  may(service, 'select * from attribution.gold, attribution.staging, adsuite_mirror.refreshes'),
  mayNot(service, 'delete from attribution.gold'),
  mayNot(service, 'create table attribution.mine ()'),
  mayNot(service, 'create table public.mine ()'),
  mayNot(service, 'select * from adsuite_mirror.strategies'),
  mayNot(service, 'select * from adsuite_prod.strategies'),
  mayNot(service, 'select * from adgem.clicks'),
  mayNot(service, 'select * from events.events'),
  mayNot(service, `call adsuite_mirror.refresh('strategies')`),
  mayNot(service, 'insert into adsuite_mirror.refreshes values (null, now(), now())'),
  may(dbt, 'drop table attribution.gold; drop view attribution.staging'),
];

/** Runs the statement. Returns how the outcome differs from the expected one, or null. */
export async function attempt(
  warehouse: PostgresConnection,
  passwords: Readonly<Record<string, string>>,
  { user, sql, refused }: Attempt,
): Promise<string | null> {
  const password = passwords[`${user.replace('attribution_', '')}Password`] ?? '';
  try {
    await withClient({ ...warehouse, user, password }, (client) => client.query(sql));
    return refused ? `${user} was not refused: ${sql}` : null;
  } catch (error) {
    const insufficientPrivilege = error instanceof pg.DatabaseError && error.code === '42501';
    return refused && insufficientPrivilege ? null : `${user}: ${sql}: ${error}`;
  }
}
