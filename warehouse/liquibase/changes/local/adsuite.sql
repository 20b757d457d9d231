--liquibase formatted sql

--changeset attribution:local-postgres-fdw context:local
create extension postgres_fdw;
--rollback drop extension postgres_fdw;

--changeset attribution:local-adsuite-server context:local
create server adsuite foreign data wrapper postgres_fdw options (host 'unset', port '0', dbname 'unset');
--rollback drop server adsuite;

-- Apart from the server, so that AdSuite may move: whatever hangs on the server stays.

--changeset attribution:local-adsuite-address context:local runOnChange:true
alter server adsuite options (set host '${adsuiteHost}', set port '${adsuitePort}', set dbname '${adsuiteDatabase}');
--rollback empty

-- Only for the owner of the mirror's views: nobody else reaches AdSuite.

--changeset attribution:local-adsuite-user-mapping context:local
create user mapping for "${airflowUser}" server adsuite options (user 'unset', password 'unset');
--rollback drop user mapping for "${airflowUser}" server adsuite;

--changeset attribution:local-adsuite-login context:local runOnChange:true
alter user mapping for "${airflowUser}" server adsuite options (set user '${adsuiteUser}', set password '${adsuitePassword}');
--rollback empty

--changeset attribution:local-adsuite-prod context:local
create schema adsuite_prod;
--rollback drop schema adsuite_prod;

-- Written out, not imported: an import takes every column of the day it runs, and stumbles over types that this server
-- does not know. A column that AdSuite renames or drops fails the next refresh by its name.

--changeset attribution:local-adsuite-prod-strategies context:local
create foreign table adsuite_prod.strategies (
  id bigint,
  name varchar,
  tune_offer_id bigint,
  created_at timestamptz
) server adsuite options (schema_name '${adsuiteSchema}', table_name 'strategies');
--rollback drop foreign table adsuite_prod.strategies;

--changeset attribution:local-adsuite-prod-iterations context:local
create foreign table adsuite_prod.iterations (
  iteration_id bigint,
  strategy_id bigint,
  name varchar,
  created_at timestamptz
) server adsuite options (schema_name '${adsuiteSchema}', table_name 'iterations');
--rollback drop foreign table adsuite_prod.iterations;

--changeset attribution:local-refresher-uses-adsuite-prod context:local
grant usage on schema adsuite_prod to attribution_refresher;
--rollback revoke usage on schema adsuite_prod from attribution_refresher;

--changeset attribution:local-refresher-reads-adsuite-prod context:local
grant select on adsuite_prod.strategies, adsuite_prod.iterations to attribution_refresher;
--rollback revoke select on adsuite_prod.strategies, adsuite_prod.iterations from attribution_refresher;
