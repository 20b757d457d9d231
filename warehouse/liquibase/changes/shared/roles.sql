--liquibase formatted sql

-- The roles. Each object's changeset grants the privileges on it.

--changeset attribution:role-reader context:redshift,local
create role attribution_reader;
--rollback drop role attribution_reader;

--changeset attribution:role-builder context:redshift,local
create role attribution_builder;
--rollback drop role attribution_builder;

--changeset attribution:role-refresher context:redshift,local
create role attribution_refresher;
--rollback drop role attribution_refresher;
