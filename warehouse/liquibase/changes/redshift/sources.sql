--liquibase formatted sql

-- The loaders own the raw tables of AdGem and the event stream. These changesets grant dbt access.

--changeset attribution:redshift-builder-uses-sources context:redshift
grant usage on schema adgem, events to role attribution_builder;
--rollback revoke usage on schema adgem, events from role attribution_builder;

--changeset attribution:redshift-builder-reads-sources context:redshift
grant select on adgem.campaigns, adgem.clicks, events.events to role attribution_builder;
--rollback revoke select on adgem.campaigns, adgem.clicks, events.events from role attribution_builder;
