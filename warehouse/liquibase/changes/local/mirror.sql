--liquibase formatted sql

--changeset attribution:local-mirror context:local
create schema adsuite_mirror;
--rollback drop schema adsuite_mirror;

--changeset attribution:local-refresher-uses-mirror context:local
grant usage, create on schema adsuite_mirror to attribution_refresher;
--rollback revoke usage, create on schema adsuite_mirror from attribution_refresher;

--changeset attribution:local-builder-uses-mirror context:local
grant usage on schema adsuite_mirror to attribution_builder;
--rollback revoke usage on schema adsuite_mirror from attribution_builder;

--changeset attribution:local-reader-uses-mirror context:local
grant usage on schema adsuite_mirror to attribution_reader;
--rollback revoke usage on schema adsuite_mirror from attribution_reader;

-- Made by Airflow's user, as on Redshift: it owns them, may refresh them, and reaches AdSuite.

--changeset attribution:local-mirror-strategies context:local
set local session authorization '${airflowUser}';
create materialized view adsuite_mirror.strategies
as
select
  cast(id as bigint) as id,
  cast(name as varchar(1024)) as name,
  cast(tune_offer_id as bigint) as tune_offer_id,
  cast(created_at as timestamptz) as created_at
from adsuite_prod.strategies;
set local session authorization default;
--rollback drop materialized view adsuite_mirror.strategies;

--changeset attribution:local-mirror-iterations context:local
set local session authorization '${airflowUser}';
create materialized view adsuite_mirror.iterations
as
select
  cast(iteration_id as bigint) as iteration_id,
  cast(strategy_id as bigint) as strategy_id,
  cast(name as varchar(1024)) as name,
  cast(created_at as timestamptz) as created_at
from adsuite_prod.iterations;
set local session authorization default;
--rollback drop materialized view adsuite_mirror.iterations;

-- A table here: PostgreSQL keeps no history of refreshes.

--changeset attribution:local-mirror-refreshes context:local
create table adsuite_mirror.refreshes (
  view_name varchar not null,
  started_at timestamptz not null,
  finished_at timestamptz not null
);
--rollback drop table adsuite_mirror.refreshes;

--changeset attribution:local-mirror-refresh context:local splitStatements:false
create procedure adsuite_mirror.refresh(view_name varchar)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  started_at constant timestamptz := clock_timestamp();
begin
  if not exists (
    select from pg_class
    where relnamespace = 'adsuite_mirror'::regnamespace and relkind = 'm' and relname = refresh.view_name
  ) then
    raise exception 'there is no materialized view "%" in adsuite_mirror', view_name using errcode = 'undefined_table';
  end if;
  execute format('refresh materialized view adsuite_mirror.%I', view_name);
  insert into adsuite_mirror.refreshes (view_name, started_at, finished_at)
  values (refresh.view_name, started_at, clock_timestamp());
end
$$;
--rollback drop procedure adsuite_mirror.refresh(varchar);

--changeset attribution:local-refresh-is-not-public context:local
revoke execute on procedure adsuite_mirror.refresh(varchar) from public;
--rollback empty

--changeset attribution:local-refresher-refreshes context:local
grant execute on procedure adsuite_mirror.refresh(varchar) to attribution_refresher;
--rollback revoke execute on procedure adsuite_mirror.refresh(varchar) from attribution_refresher;

--changeset attribution:local-refresher-logs-refreshes context:local
grant select, insert on adsuite_mirror.refreshes to attribution_refresher;
--rollback revoke select, insert on adsuite_mirror.refreshes from attribution_refresher;

--changeset attribution:local-builder-reads-mirror context:local
grant select on adsuite_mirror.strategies, adsuite_mirror.iterations, adsuite_mirror.refreshes to attribution_builder;
--rollback revoke select on adsuite_mirror.strategies, adsuite_mirror.iterations, adsuite_mirror.refreshes from attribution_builder;

--changeset attribution:local-reader-reads-refreshes context:local
grant select on adsuite_mirror.refreshes to attribution_reader;
--rollback revoke select on adsuite_mirror.refreshes from attribution_reader;
