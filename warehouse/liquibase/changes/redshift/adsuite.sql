--liquibase formatted sql

-- An external schema can't be altered: to change the host, role or secret, roll back and update again.

--changeset attribution:redshift-adsuite-prod context:redshift runInTransaction:false
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:"adsuiteHost, iamRole and secretArn are set" select case when '${adsuiteHost}' not like '$%' and '${iamRole}' like 'arn:%' and '${secretArn}' like 'arn:%' then 'adsuiteHost, iamRole and secretArn are set' else 'the parameter adsuiteHost must be set, iamRole and secretArn must be ARNs' end
create external schema adsuite_prod
from postgres
database '${adsuiteDatabase}' schema '${adsuiteSchema}'
uri '${adsuiteHost}' port ${adsuitePort}
iam_role '${iamRole}'
secret_arn '${secretArn}';
--rollback drop schema adsuite_prod;

-- To users, not to roles: USAGE on an external schema can be granted only so. It is all that Redshift asks for reading
-- any of the schema's tables, so what AdSuite's own read-only user may see is the limit.

--changeset attribution:redshift-airflow-uses-adsuite-prod context:redshift runInTransaction:false
grant usage on schema adsuite_prod to "${airflowUser}";
--rollback revoke usage on schema adsuite_prod from "${airflowUser}";

-- Whoever reads a materialized view needs USAGE on the schemas of its base tables.

--changeset attribution:redshift-dbt-uses-adsuite-prod context:redshift runInTransaction:false
grant usage on schema adsuite_prod to "${dbtUser}";
--rollback revoke usage on schema adsuite_prod from "${dbtUser}";
