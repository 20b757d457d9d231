import pg from 'pg';
import { type PostgresConnection, withClient } from './postgres/server.ts';

/**
 * Lists every object that a changelog may create in a database, with owner, rights and definition, one per line. The
 * tables that record applied changesets are left out.
 */
export async function catalogOf(connection: PostgresConnection): Promise<string[]> {
  const { rows } = await withClient(connection, (client) => client.query<{ line: string }>(catalog));
  return rows.map(({ line }) => line);
}

const ours = (column: string) => `${column}::regnamespace::text !~ '^(pg_|information_schema$)'`;

const catalog = `
  select 'role ' || rolname || ' login ' || rolcanlogin || ' super ' || rolsuper || ' create ' || rolcreaterole as line
  from pg_roles where rolname !~ '^pg_'
  union all select 'member ' || member::regrole || ' of ' || roleid::regrole || ' inherits ' || inherit_option
  from pg_auth_members where roleid::regrole::text !~ '^pg_'
  union all select concat_ws(' ', 'schema', nspname, nspowner::regrole, nspacl::text)
  from pg_namespace where nspname !~ '^(pg_|information_schema$)'
  union all select concat_ws(' ', 'relation', relkind, oid::regclass, relowner::regrole, relacl::text,
    case when relkind in ('v', 'm') then pg_get_viewdef(oid) end,
    (select string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull, ', ' order by attnum)
     from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped))
  from pg_class where ${ours('relnamespace')} and relname !~ '^(databasechangelog|plain_changelog)'
  union all select concat_ws(' ', 'routine', oid::regprocedure, proowner::regrole, proacl::text, proconfig::text, prosrc)
  from pg_proc where ${ours('pronamespace')}
    and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
  union all select concat_ws(' ', 'default', defaclrole::regrole, defaclnamespace::regnamespace, defaclacl::text)
  from pg_default_acl
  union all select 'extension ' || extname from pg_extension
  union all select concat_ws(' ', 'server', srvname, srvowner::regrole, srvoptions::text) from pg_foreign_server
  union all select concat_ws(' ', 'mapping', umuser::regrole, umoptions::text) from pg_user_mapping
  union all select concat_ws(' ', 'foreign table', ftrelid::regclass, ftoptions::text) from pg_foreign_table
  order by 1`;

/** The names and types of a relation's columns, for example `id bigint`. */
export async function columnsIn(connection: PostgresConnection, relation: string): Promise<string[]> {
  const { rows } = await withClient(connection, (client) =>
    client.query<{ column: string }>(
      `select attname || ' ' || format_type(atttypid, atttypmod) as column from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [relation],
    ),
  );
  return rows.map(({ column }) => column);
}

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
