/**
 * What happens between two builds: late, corrected and invalid rows, an edited, a deleted and a new iteration, an offer
 * that its strategy gets late. Every event that arrives is within the look-back, so an incremental run must find it.
 */
export const changesInAdsuite = [
  `update iterations set created_at = created_at + interval '1 microsecond'
   where iteration_id = (select min(iteration_id) from iterations)`,
  'delete from iterations where iteration_id = (select max(iteration_id) from iterations)',
  `insert into iterations select max(iteration_id) + 1000, min(strategy_id), 'new', max(created_at) - interval '1 day'
   from iterations`,
  `update strategies set tune_offer_id = (select max(tune_offer_id) from strategies) - 1
   where id = (select min(id) from strategies where tune_offer_id is null)`,
];

const conversions = `from events.events where event_type = 'goal_complete'`;
const newest = '(select max(loaded_at) from events.events)';

export const changesInWarehouse = [
  // Late, before the row that would move the watermark.
  `insert into events.events select 'late ' || event_id, event_type, click_id, goal_reference_id, -1, "timestamp",
     ${newest} - interval '71 hours' ${conversions} order by event_id limit 300`,
  `insert into events.events select event_id, event_type, click_id, goal_reference_id, payout + 1, "timestamp", now()
   ${conversions} and event_id < '3'`,
  `insert into events.events select 'undated ' || event_id, event_type, null, goal_reference_id, null, ${newest}, null
   ${conversions} order by event_id limit 10`,
  `insert into events.events values (null, 'goal_complete', null, null, 1, now(), now()),
     (' ', 'goal_complete', null, null, 1, now(), now()), ('timeless', 'goal_complete', null, null, 1, null, now()),
     ('ahead', 'goal_complete', null, null, 1, now() + interval '1 day', now() + interval '1 day')`,
  `insert into adgem.clicks select click_id, campaign_id + 1, "timestamp", null, now() from adgem.clicks
   where click_id in (select click_id ${conversions} order by event_id limit 50)`,
  `insert into adgem.clicks values (null, 1, now(), null, now()), ('', 1, now(), null, now()),
     ('timeless', 1, null, null, now()), ('unconverted', 1, now() + interval '1 day', null, now())`,
  `insert into adgem.clicks select 'named ' || click_id, campaign_id, "timestamp", 404, now() from adgem.clicks
   where click_id in (select click_id ${conversions} order by event_id limit 20)`,
  `insert into events.events select 'named ' || event_id, event_type, 'named ' || click_id, null, 2, "timestamp", now()
   ${conversions} and click_id is not null order by event_id limit 20`,
];
