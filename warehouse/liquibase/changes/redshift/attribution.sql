--liquibase formatted sql

--changeset attribution:redshift-attribution context:redshift
create schema attribution;
--rollback drop schema attribution;

--changeset attribution:redshift-builder-builds context:redshift
grant usage, create on schema attribution to role attribution_builder;
--rollback revoke usage, create on schema attribution from role attribution_builder;

--changeset attribution:redshift-reader-uses-attribution context:redshift
grant usage on schema attribution to role attribution_reader;
--rollback revoke usage on schema attribution from role attribution_reader;

-- dbt makes its tables anew at every run, so the right must come with them.

--changeset attribution:redshift-reader-reads-what-dbt-makes context:redshift
alter default privileges for user "${dbtUser}" in schema attribution grant select on tables to role attribution_reader;
--rollback alter default privileges for user "${dbtUser}" in schema attribution revoke select on tables from role attribution_reader;
