--liquibase formatted sql

-- The raw tables that loaders fill in production. A test compares them with src/embedded/raw-tables.ts.

--changeset attribution:local-adgem context:local
create schema adgem;
--rollback drop schema adgem;

--changeset attribution:local-events context:local
create schema events;
--rollback drop schema events;

--changeset attribution:local-adgem-campaigns context:local
create table adgem.campaigns (
  id bigint,
  name varchar(1024),
  adaction_id bigint
);
--rollback drop table adgem.campaigns;

--changeset attribution:local-adgem-clicks context:local
create table adgem.clicks (
  click_id varchar(256),
  campaign_id bigint,
  "timestamp" timestamptz,
  iteration_id bigint,
  loaded_at timestamptz
);
--rollback drop table adgem.clicks;

--changeset attribution:local-events-events context:local
create table events.events (
  event_id varchar(256),
  event_type varchar(256),
  click_id varchar(256),
  goal_reference_id varchar(256),
  payout numeric(18, 4),
  "timestamp" timestamptz,
  loaded_at timestamptz
);
--rollback drop table events.events;

--changeset attribution:local-builder-uses-sources context:local
grant usage on schema adgem, events to attribution_builder;
--rollback revoke usage on schema adgem, events from attribution_builder;

--changeset attribution:local-builder-reads-sources context:local
grant select on adgem.campaigns, adgem.clicks, events.events to attribution_builder;
--rollback revoke select on adgem.campaigns, adgem.clicks, events.events from attribution_builder;
