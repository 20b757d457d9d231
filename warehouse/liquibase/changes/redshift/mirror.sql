--liquibase formatted sql

--changeset attribution:redshift-mirror context:redshift
create schema adsuite_mirror;
--rollback drop schema adsuite_mirror;

--changeset attribution:redshift-refresher-uses-mirror context:redshift
grant usage, create on schema adsuite_mirror to role attribution_refresher;
--rollback revoke usage, create on schema adsuite_mirror from role attribution_refresher;

--changeset attribution:redshift-builder-uses-mirror context:redshift
grant usage on schema adsuite_mirror to role attribution_builder;
--rollback revoke usage on schema adsuite_mirror from role attribution_builder;

--changeset attribution:redshift-reader-uses-mirror context:redshift
grant usage on schema adsuite_mirror to role attribution_reader;
--rollback revoke usage on schema adsuite_mirror from role attribution_reader;

-- Only the owner of a materialized view may refresh it, so Airflow's user creates it. (ALTER TABLE ... OWNER TO is
-- documented for tables and views, but not for these.) Newer versions of Liquibase's extension for Redshift commit each
-- statement. SET LOCAL would then have no effect, and the views would be the superuser's.
-- A few thousand rows that every node joins: DISTSTYLE ALL. Sorted the way the windows of a strategy are computed.
-- A name longer than 1024 bytes is cut off. AUTO REFRESH can't be had over an external schema.

--changeset attribution:redshift-mirror-strategies context:redshift runInTransaction:false
set session authorization '${airflowUser}';
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
--rollback drop materialized view adsuite_mirror.strategies;

--changeset attribution:redshift-mirror-iterations context:redshift runInTransaction:false
set session authorization '${airflowUser}';
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
--rollback drop materialized view adsuite_mirror.iterations;

-- One row per refresh that succeeded. Redshift keeps its history for days, not for ever; its times are UTC.

--changeset attribution:redshift-mirror-refreshes context:redshift
create view adsuite_mirror.refreshes as
select
  cast(trim(mv_name) as varchar(128)) as view_name,
  start_time at time zone 'UTC' as started_at,
  end_time at time zone 'UTC' as finished_at
from pg_catalog.sys_mv_refresh_history
where trim(database_name) = current_database()
  and trim(schema_name) = 'adsuite_mirror'
  and (status like 'Refresh successfully%' or status like 'MV was already updated%');
--rollback drop view adsuite_mirror.refreshes;

--changeset attribution:redshift-builder-reads-mirror context:redshift
grant select on adsuite_mirror.strategies, adsuite_mirror.iterations, adsuite_mirror.refreshes to role attribution_builder;
--rollback revoke select on adsuite_mirror.strategies, adsuite_mirror.iterations, adsuite_mirror.refreshes from role attribution_builder;

--changeset attribution:redshift-reader-reads-refreshes context:redshift
grant select on adsuite_mirror.refreshes to role attribution_reader;
--rollback revoke select on adsuite_mirror.refreshes from role attribution_reader;

--changeset attribution:redshift-refresher-reads-refreshes context:redshift
grant select on adsuite_mirror.refreshes to role attribution_refresher;
--rollback revoke select on adsuite_mirror.refreshes from role attribution_refresher;
