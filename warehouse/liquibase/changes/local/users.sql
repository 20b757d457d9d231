--liquibase formatted sql

-- A separate changeset sets each password, and runs again if the parameter changes.

--changeset attribution:local-service-user context:local
create user "${serviceUser}" in role attribution_reader;
--rollback drop user "${serviceUser}";

--changeset attribution:local-service-password context:local runOnChange:true
alter user "${serviceUser}" password '${servicePassword}';
--rollback empty

--changeset attribution:local-dbt-user context:local
create user "${dbtUser}" in role attribution_builder;
--rollback drop user "${dbtUser}";

--changeset attribution:local-dbt-password context:local runOnChange:true
alter user "${dbtUser}" password '${dbtPassword}';
--rollback empty

--changeset attribution:local-airflow-user context:local
create user "${airflowUser}" in role attribution_refresher;
--rollback drop user "${airflowUser}";

--changeset attribution:local-airflow-password context:local runOnChange:true
alter user "${airflowUser}" password '${airflowPassword}';
--rollback empty
