--liquibase formatted sql

-- The users must exist: an administrator creates them, or IAM at their first login. A changelog contains no passwords.

--changeset attribution:redshift-service-user context:redshift
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:"user ${serviceUser} exists" select case when count(*) = 1 then 'user ${serviceUser} exists' else 'user ${serviceUser} is missing, create it first (docs/liquibase.md)' end from pg_user where usename = '${serviceUser}'
grant role attribution_reader to "${serviceUser}";
--rollback revoke role attribution_reader from "${serviceUser}";

--changeset attribution:redshift-dbt-user context:redshift
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:"user ${dbtUser} exists" select case when count(*) = 1 then 'user ${dbtUser} exists' else 'user ${dbtUser} is missing, create it first (docs/liquibase.md)' end from pg_user where usename = '${dbtUser}'
grant role attribution_builder to "${dbtUser}";
--rollback revoke role attribution_builder from "${dbtUser}";

--changeset attribution:redshift-airflow-user context:redshift
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:"user ${airflowUser} exists" select case when count(*) = 1 then 'user ${airflowUser} exists' else 'user ${airflowUser} is missing, create it first (docs/liquibase.md)' end from pg_user where usename = '${airflowUser}'
grant role attribution_refresher to "${airflowUser}";
--rollback revoke role attribution_refresher from "${airflowUser}";

-- The service and dbt read Airflow's rows of sys_mv_refresh_history (adsuite_mirror.refreshes). A system view shows an
-- ordinary user only that user's rows, also through a view of ours. This attribute is the narrower of the two ways out:
-- sys:monitor would open the superusers' system tables too. It still shows the text of other users' statements.

--changeset attribution:redshift-service-user-sees-refreshes context:redshift
alter user "${serviceUser}" syslog access unrestricted;
--rollback alter user "${serviceUser}" syslog access restricted;

--changeset attribution:redshift-dbt-user-sees-refreshes context:redshift
alter user "${dbtUser}" syslog access unrestricted;
--rollback alter user "${dbtUser}" syslog access restricted;
