-- Changeset changes/shared/guard.sql::guard-of-the-rollback::attribution
call adsuite_mirror.refuse_while_models_stand();
drop procedure adsuite_mirror.refuse_while_models_stand();

-- Changeset changes/redshift/attribution.sql::redshift-reader-reads-what-dbt-makes::attribution
alter default privileges for user "attribution_dbt" in schema attribution revoke select on tables from role attribution_reader;

-- Changeset changes/redshift/attribution.sql::redshift-reader-uses-attribution::attribution
revoke usage on schema attribution from role attribution_reader;

-- Changeset changes/redshift/attribution.sql::redshift-builder-builds::attribution
revoke usage, create on schema attribution from role attribution_builder;

-- Changeset changes/redshift/attribution.sql::redshift-attribution::attribution
drop schema attribution;

-- Changeset changes/redshift/sources.sql::redshift-builder-reads-sources::attribution
revoke select on adgem.campaigns, adgem.clicks, events.events from role attribution_builder;

-- Changeset changes/redshift/sources.sql::redshift-builder-uses-sources::attribution
revoke usage on schema adgem, events from role attribution_builder;

-- Changeset changes/redshift/mirror.sql::redshift-refresher-reads-refreshes::attribution
revoke select on adsuite_mirror.refreshes from role attribution_refresher;

-- Changeset changes/redshift/mirror.sql::redshift-reader-reads-refreshes::attribution
revoke select on adsuite_mirror.refreshes from role attribution_reader;

-- Changeset changes/redshift/mirror.sql::redshift-builder-reads-mirror::attribution
revoke select on adsuite_mirror.strategies, adsuite_mirror.iterations, adsuite_mirror.refreshes from role attribution_builder;

-- Changeset changes/redshift/mirror.sql::redshift-mirror-refreshes::attribution
drop view adsuite_mirror.refreshes;

-- Changeset changes/redshift/mirror.sql::redshift-mirror-iterations::attribution
drop materialized view adsuite_mirror.iterations;

-- Changeset changes/redshift/mirror.sql::redshift-mirror-strategies::attribution
drop materialized view adsuite_mirror.strategies;

-- Changeset changes/redshift/mirror.sql::redshift-reader-uses-mirror::attribution
revoke usage on schema adsuite_mirror from role attribution_reader;

-- Changeset changes/redshift/mirror.sql::redshift-builder-uses-mirror::attribution
revoke usage on schema adsuite_mirror from role attribution_builder;

-- Changeset changes/redshift/mirror.sql::redshift-refresher-uses-mirror::attribution
revoke usage, create on schema adsuite_mirror from role attribution_refresher;

-- Changeset changes/redshift/mirror.sql::redshift-mirror::attribution
drop schema adsuite_mirror;

-- Changeset changes/redshift/adsuite.sql::redshift-dbt-uses-adsuite-prod::attribution
revoke usage on schema adsuite_prod from "attribution_dbt";

-- Changeset changes/redshift/adsuite.sql::redshift-airflow-uses-adsuite-prod::attribution
revoke usage on schema adsuite_prod from "attribution_airflow";

-- Changeset changes/redshift/adsuite.sql::redshift-adsuite-prod::attribution
drop schema adsuite_prod;

-- Changeset changes/redshift/users.sql::redshift-dbt-user-sees-refreshes::attribution
alter user "attribution_dbt" syslog access restricted;

-- Changeset changes/redshift/users.sql::redshift-service-user-sees-refreshes::attribution
alter user "attribution_service" syslog access restricted;

-- Changeset changes/redshift/users.sql::redshift-airflow-user::attribution
revoke role attribution_refresher from "attribution_airflow";

-- Changeset changes/redshift/users.sql::redshift-dbt-user::attribution
revoke role attribution_builder from "attribution_dbt";

-- Changeset changes/redshift/users.sql::redshift-service-user::attribution
revoke role attribution_reader from "attribution_service";

-- Changeset changes/shared/roles.sql::role-refresher::attribution
drop role attribution_refresher;

-- Changeset changes/shared/roles.sql::role-builder::attribution
drop role attribution_builder;

-- Changeset changes/shared/roles.sql::role-reader::attribution
drop role attribution_reader;
