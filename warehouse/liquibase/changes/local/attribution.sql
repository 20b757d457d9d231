--liquibase formatted sql

--changeset attribution:local-attribution context:local
create schema attribution;
--rollback drop schema attribution;

--changeset attribution:local-builder-builds context:local
grant usage, create on schema attribution to attribution_builder;
--rollback revoke usage, create on schema attribution from attribution_builder;

--changeset attribution:local-reader-uses-attribution context:local
grant usage on schema attribution to attribution_reader;
--rollback revoke usage on schema attribution from attribution_reader;

-- dbt makes its tables anew at every run, so the right must come with them.

--changeset attribution:local-reader-reads-what-dbt-makes context:local
alter default privileges for user "${dbtUser}" in schema attribution grant select on tables to attribution_reader;
--rollback alter default privileges for user "${dbtUser}" in schema attribution revoke select on tables from attribution_reader;
