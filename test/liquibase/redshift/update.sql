-- Changeset changes/shared/roles.sql::role-reader::attribution
create role attribution_reader;

-- Changeset changes/shared/roles.sql::role-builder::attribution
create role attribution_builder;

-- Changeset changes/shared/roles.sql::role-refresher::attribution
create role attribution_refresher;

-- Changeset changes/redshift/users.sql::redshift-service-user::attribution
grant role attribution_reader to "attribution_service";

-- Changeset changes/redshift/users.sql::redshift-dbt-user::attribution
grant role attribution_builder to "attribution_dbt";

-- Changeset changes/redshift/users.sql::redshift-airflow-user::attribution
grant role attribution_refresher to "attribution_airflow";

-- Changeset changes/redshift/users.sql::redshift-service-user-sees-refreshes::attribution
alter user "attribution_service" syslog access unrestricted;

-- Changeset changes/redshift/users.sql::redshift-dbt-user-sees-refreshes::attribution
alter user "attribution_dbt" syslog access unrestricted;

-- Changeset changes/redshift/adsuite.sql::redshift-adsuite-prod::attribution
create external schema adsuite_prod
from postgres
database 'adsuite' schema 'public'
uri 'adsuite.example.com' port 5432
iam_role 'arn:aws:iam::123456789012:role/warehouse-reads-adsuite'
secret_arn 'arn:aws:secretsmanager:us-east-1:123456789012:secret:adsuite-reader';

-- Changeset changes/redshift/adsuite.sql::redshift-airflow-uses-adsuite-prod::attribution
grant usage on schema adsuite_prod to "attribution_airflow";

-- Changeset changes/redshift/adsuite.sql::redshift-dbt-uses-adsuite-prod::attribution
grant usage on schema adsuite_prod to "attribution_dbt";

-- Changeset changes/redshift/mirror.sql::redshift-mirror::attribution
create schema adsuite_mirror;

-- Changeset changes/redshift/mirror.sql::redshift-refresher-uses-mirror::attribution
grant usage, create on schema adsuite_mirror to role attribution_refresher;

-- Changeset changes/redshift/mirror.sql::redshift-builder-uses-mirror::attribution
grant usage on schema adsuite_mirror to role attribution_builder;

-- Changeset changes/redshift/mirror.sql::redshift-reader-uses-mirror::attribution
grant usage on schema adsuite_mirror to role attribution_reader;

-- Changeset changes/redshift/mirror.sql::redshift-mirror-strategies::attribution
set session authorization 'attribution_airflow';
create materialized view adsuite_mirror.strategies
diststyle all
sortkey (id)
auto refresh no
as
select
  cast(id as bigint) as id,
  cast(name as varchar(1024)) as name,
  cast(tune_offer_id as bigint) as tune_offer_id,
  cast(created_at as timestamptz) as created_at
from adsuite_prod.strategies;
set session authorization default;

-- Changeset changes/redshift/mirror.sql::redshift-mirror-iterations::attribution
set session authorization 'attribution_airflow';
create materialized view adsuite_mirror.iterations
diststyle all
sortkey (strategy_id, created_at)
auto refresh no
as
select
  cast(iteration_id as bigint) as iteration_id,
  cast(strategy_id as bigint) as strategy_id,
  cast(name as varchar(1024)) as name,
  cast(created_at as timestamptz) as created_at
from adsuite_prod.iterations;
set session authorization default;

-- Changeset changes/redshift/mirror.sql::redshift-mirror-refreshes::attribution
create view adsuite_mirror.refreshes as
select
  cast(trim(mv_name) as varchar(128)) as view_name,
  start_time at time zone 'UTC' as started_at,
  end_time at time zone 'UTC' as finished_at
from pg_catalog.sys_mv_refresh_history
where trim(database_name) = current_database()
  and trim(schema_name) = 'adsuite_mirror'
  and (status like 'Refresh successfully%' or status like 'MV was already updated%');

-- Changeset changes/redshift/mirror.sql::redshift-builder-reads-mirror::attribution
grant select on adsuite_mirror.strategies, adsuite_mirror.iterations, adsuite_mirror.refreshes to role attribution_builder;

-- Changeset changes/redshift/mirror.sql::redshift-reader-reads-refreshes::attribution
grant select on adsuite_mirror.refreshes to role attribution_reader;

-- Changeset changes/redshift/mirror.sql::redshift-refresher-reads-refreshes::attribution
grant select on adsuite_mirror.refreshes to role attribution_refresher;

-- Changeset changes/redshift/sources.sql::redshift-builder-uses-sources::attribution
grant usage on schema adgem, events to role attribution_builder;

-- Changeset changes/redshift/sources.sql::redshift-builder-reads-sources::attribution
grant select on adgem.campaigns, adgem.clicks, events.events to role attribution_builder;

-- Changeset changes/redshift/attribution.sql::redshift-attribution::attribution
create schema attribution;

-- Changeset changes/redshift/attribution.sql::redshift-builder-builds::attribution
grant usage, create on schema attribution to role attribution_builder;

-- Changeset changes/redshift/attribution.sql::redshift-reader-uses-attribution::attribution
grant usage on schema attribution to role attribution_reader;

-- Changeset changes/redshift/attribution.sql::redshift-reader-reads-what-dbt-makes::attribution
alter default privileges for user "attribution_dbt" in schema attribution grant select on tables to role attribution_reader;

-- Changeset changes/shared/guard.sql::guard-of-the-rollback::attribution
create or replace procedure adsuite_mirror.refuse_while_models_stand()
as $$
declare
  models integer;
begin
  select count(*) into models
  from pg_class
  join pg_namespace on pg_namespace.oid = pg_class.relnamespace
  where pg_namespace.nspname = 'attribution' and pg_class.relkind in ('r', 'p', 'v', 'm', 'f');
  if models > 0 then
    raise exception 'nothing was rolled back: % tables and views stand in schema attribution, drop them first', models;
  end if;
end
$$ language plpgsql;
