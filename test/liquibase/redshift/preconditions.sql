-- Changeset changes/redshift/users.sql::redshift-service-user::attribution
-- Expected: user attribution_service exists
select case when count(*) = 1 then 'user attribution_service exists' else 'user attribution_service is missing, create it first (docs/liquibase.md)' end from pg_user where usename = 'attribution_service';

-- Changeset changes/redshift/users.sql::redshift-dbt-user::attribution
-- Expected: user attribution_dbt exists
select case when count(*) = 1 then 'user attribution_dbt exists' else 'user attribution_dbt is missing, create it first (docs/liquibase.md)' end from pg_user where usename = 'attribution_dbt';

-- Changeset changes/redshift/users.sql::redshift-airflow-user::attribution
-- Expected: user attribution_airflow exists
select case when count(*) = 1 then 'user attribution_airflow exists' else 'user attribution_airflow is missing, create it first (docs/liquibase.md)' end from pg_user where usename = 'attribution_airflow';

-- Changeset changes/redshift/adsuite.sql::redshift-adsuite-prod::attribution
-- Expected: adsuiteHost, iamRole and secretArn are set
select case when 'adsuite.example.com' not like '$%' and 'arn:aws:iam::123456789012:role/warehouse-reads-adsuite' like 'arn:%' and 'arn:aws:secretsmanager:us-east-1:123456789012:secret:adsuite-reader' like 'arn:%' then 'adsuiteHost, iamRole and secretArn are set' else 'the parameter adsuiteHost must be set, iamRole and secretArn must be ARNs' end;
