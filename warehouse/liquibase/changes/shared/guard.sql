--liquibase formatted sql

-- A rollback starts with the changeset that ran last, and this one runs last in every update: while dbt's models exist, it
-- stops the rollback before anything is undone. Otherwise Redshift would not fail, because late-binding views do not
-- depend on their tables.

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
