--liquibase formatted sql

-- A rollback undoes first what ran last, and this runs last in every update: while dbt's models stand, a rollback ends
-- here with nothing undone. Without it, Redshift would not even object: a late-binding view holds on to no table.

--changeset attribution:guard-of-the-rollback context:redshift,local runAlways:true splitStatements:false
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
--rollback call adsuite_mirror.refuse_while_models_stand();
--rollback drop procedure adsuite_mirror.refuse_while_models_stand();
