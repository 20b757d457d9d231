type Difference = readonly [hop: string, id: string, field: string, before: string | null, now: string | null];

/**
 * Changes of the sources of `explainedWorld`, one after the other: of which conversion, and what `live` then has of it, the sentences
 * and the values.
 */
export const changes: readonly (readonly [string, string, string, readonly string[], readonly Difference[]])[] = [
  [
    'a corrected event',
    'attributed-open',
    `insert into events.events values ('attributed-open', 'goal_complete', 'ended', 'g2', 2, '2026-01-21', '2026-02-02')`,
    [
      'A copy of the event was loaded at 2026-02-02T00:00:00.000000Z, after the one that counts: click id open -> ended, goal g1 -> g2, payout 1.5000 -> 2.0000, time 2026-01-20T00:00:00.000000Z -> 2026-01-21T00:00:00.000000Z.',
    ],
    [
      ['EVENT', 'attributed-open', 'clickId', 'open', 'ended'],
      ['EVENT', 'attributed-open', 'goalReferenceId', 'g1', 'g2'],
      ['EVENT', 'attributed-open', 'payout', '1.5000', '2.0000'],
      ['EVENT', 'attributed-open', 'convertedAt', '2026-01-20T00:00:00.000000Z', '2026-01-21T00:00:00.000000Z'],
    ],
  ],
  [
    'an event that was edited',
    'attributed-copies',
    `update events.events set payout = 'NaN', goal_reference_id = ' ' where event_id = 'attributed-copies'`,
    ['The event has other values now, without having been loaded later: goal g1 -> none, payout 1.5000 -> none.'],
    [
      ['EVENT', 'attributed-copies', 'goalReferenceId', 'g1', null],
      ['EVENT', 'attributed-copies', 'payout', '1.5000', null],
    ],
  ],
  [
    'an event whose last copy was deleted, so that an older one remains',
    'many-after',
    `update events.events set loaded_at = '2026-01-29', payout = 3 where event_id = 'many-after'`,
    [],
    [],
  ],
  [
    'a copy of an event that claims to be from the future',
    'explicit',
    `insert into events.events values ('explicit', 'goal_complete', 'ended', 'g2', 2, '2026-01-20', '2026-03-02')`,
    [
      'A copy of the event has a loaded_at in the future, 2026-03-02T00:00:00.000000Z. It counts only until there is another one.',
    ],
    [],
  ],
  [
    'an event that was deleted',
    'conflict',
    `delete from events.events where event_id = 'conflict'`,
    ['The event stream has no event conflict within 3 days of its time.'],
    [['EVENT', 'conflict', 'convertedAt', '2026-01-20T00:00:00.000000Z', null]],
  ],
  [
    'a click that arrived',
    'click-not-found',
    `insert into adgem.clicks values ('missing', 100, '2026-01-15', null, '2026-02-02')`,
    [
      `Click "missing" is in AdGem's table now: time none -> 2026-01-15T00:00:00.000000Z, campaign none -> 100. A build uses it, unless it is older than the dbt var click_window_days allows.`,
    ],
    [
      ['CLICK', 'missing', 'timestamp', null, '2026-01-15T00:00:00.000000Z'],
      ['CLICK', 'missing', 'campaignId', null, '100'],
    ],
  ],
  [
    'an earlier copy of a click, with another campaign and an iteration, and an earlier first iteration',
    'before-first-iteration',
    `with first as (
      insert into adsuite_mirror.iterations (iteration_id, strategy_id, created_at) values (9, 1, '2026-01-01 12:00')
    )
    insert into adgem.clicks values ('early', 200, '2026-01-01', 4711, '2026-02-02')`,
    [
      'A copy of click "early" of 2026-01-01T00:00:00.000000Z has arrived, before 2026-01-01T23:59:59.999999Z. The next build uses it: time 2026-01-01T23:59:59.999999Z -> 2026-01-01T00:00:00.000000Z, campaign 100 -> 200, iteration none -> 4711.',
      'Iteration 9 of strategy 1 is new, and begins at 2026-01-01T12:00:00.000000Z.',
    ],
    [
      ['CLICK', 'early', 'timestamp', '2026-01-01T23:59:59.999999Z', '2026-01-01T00:00:00.000000Z'],
      ['CLICK', 'early', 'campaignId', '100', '200'],
      ['CLICK', 'early', 'explicitIterationId', null, '4711'],
      ['ITERATIONS', '9', 'strategyId', null, '1'],
      ['ITERATIONS', '9', 'createdAt', null, '2026-01-01T12:00:00.000000Z'],
    ],
  ],
  [
    'a later copy of a click, which has a campaign',
    'campaign-not-found-2',
    `insert into adgem.clicks values ('no-campaign', 100, '2026-01-05', null, '2026-02-02')`,
    [
      'A copy of click "no-campaign" was loaded at 2026-02-02T00:00:00.000000Z, after the build. The next build uses it: campaign none -> 100.',
    ],
    [['CLICK', 'no-campaign', 'campaignId', null, '100']],
  ],
  [
    'the same without a time of loading',
    'explicit-orphan',
    `insert into adgem.clicks values ('orphan', 100, '2026-01-05', null, null)`,
    [
      'A copy of click "orphan" has arrived. A build uses it, unless it was loaded longer ago than the dbt var lookback_hours allows: campaign none -> 100.',
    ],
    [['CLICK', 'orphan', 'campaignId', null, '100']],
  ],
  [
    'a copy of a click that is like the others, and an iteration that ends the open window',
    'click-after-build',
    `with last as (
      insert into adsuite_mirror.iterations (iteration_id, strategy_id, created_at) values (14, 1, '2026-01-31')
    )
    insert into adgem.clicks values ('late', 100, '2026-02-01', null, '2026-02-02')`,
    [
      'A copy of click "late" was loaded at 2026-02-02T00:00:00.000000Z, after the build. It changes nothing.',
      'Iteration 14 of strategy 1 is new, and begins at 2026-01-31T00:00:00.000000Z.',
    ],
    [
      ['ITERATIONS', '14', 'strategyId', null, '1'],
      ['ITERATIONS', '14', 'createdAt', null, '2026-01-31T00:00:00.000000Z'],
    ],
  ],
  [
    'a click that was deleted',
    'campaign-without-offer',
    `delete from adgem.clicks where click_id = 'no-offer'`,
    ['AdGem\'s table no longer has click "no-offer". Builds keep the clicks of conversions.'],
    [['CLICK', 'no-offer', 'timestamp', '2026-01-04T00:00:00.000000Z', null]],
  ],
  [
    'a copy of a click that was deleted, and an event that was edited back',
    'attributed-copies',
    `with gone as (delete from adgem.clicks where click_id = 'copies' and campaign_id = 100)
    update events.events set payout = 1.5, goal_reference_id = 'g1' where event_id = 'attributed-copies'`,
    [],
    [],
  ],
  [
    'a campaign with another offer',
    'strategy-not-found',
    'update adgem.campaigns set adaction_id = 10 where id = 600',
    ['Campaign 600 has the offer 10 now, and had 905180 in the build.'],
    [['CAMPAIGN', '600', 'offerId', '905180', '10']],
  ],
  [
    'a campaign that arrived',
    'campaign-not-found',
    `insert into adgem.campaigns values (999, 'new', 10)`,
    ['Campaign 999 has arrived, with the offer 10. The next build finds it.'],
    [
      ['CAMPAIGN', '999', 'exists', 'false', 'true'],
      ['CAMPAIGN', '999', 'offerId', null, '10'],
    ],
  ],
  [
    'a strategy that no longer has the offer, and one that has it now',
    'shared-offer',
    'update adsuite_mirror.strategies set tune_offer_id = case id when 12 then 20 end where id in (3, 12)',
    [
      'Strategy 3 has the offer none now, and had 20 in the build.',
      'Strategy 12 has the offer 20 now, and had none in the build.',
    ],
    [
      ['OFFER', '3', 'tuneOfferId', '20', null],
      ['OFFER', '12', 'tuneOfferId', null, '20'],
    ],
  ],
  [
    'a campaign that was deleted, and an iteration of a strategy that had none',
    'no-iterations',
    `with gone as (delete from adgem.campaigns where id = 400)
    insert into adsuite_mirror.iterations (iteration_id, strategy_id, created_at) values (41, 4, '2026-01-03')`,
    [
      "Campaign 400 is no longer in AdGem's table.",
      'Iteration 41 of strategy 4 is new, and begins at 2026-01-03T00:00:00.000000Z.',
    ],
    [
      ['CAMPAIGN', '400', 'exists', 'true', 'false'],
      ['CAMPAIGN', '400', 'offerId', '40', null],
      ['ITERATIONS', '41', 'strategyId', null, '4'],
      ['ITERATIONS', '41', 'createdAt', null, '2026-01-03T00:00:00.000000Z'],
    ],
  ],
  [
    'an iteration that ends earlier, of many that changed',
    'many-60',
    `update adsuite_mirror.iterations
    set created_at = created_at - interval '30 seconds' where iteration_id between 830 and 840 or iteration_id in (861, 870)`,
    ['Iteration 861 begins at 2026-01-10T01:00:30.000000Z now, and began at 2026-01-10T01:01:00.000000Z in the build.'],
    [['ITERATIONS', '861', 'createdAt', '2026-01-10T01:01:00.000000Z', '2026-01-10T01:00:30.000000Z']],
  ],
  [
    'an iteration that moved to another strategy, and one that begins in its place',
    'many-0',
    `update adsuite_mirror.iterations
    set strategy_id = case iteration_id when 800 then 12 else 8 end, created_at = '2026-01-10 00:00:01' where iteration_id in (77, 800)`,
    [
      'Iteration 77 belongs to strategy 8 now, and belonged to 7 in the build; it begins at 2026-01-10T00:00:01.000000Z now, and began at 2026-01-03T00:00:00.000000Z in the build.',
      'Iteration 800 belongs to strategy 12 now, and belonged to 8 in the build; it begins at 2026-01-10T00:00:01.000000Z now, and began at 2026-01-10T00:00:00.000000Z in the build.',
    ],
    [
      ['ITERATIONS', '77', 'strategyId', '7', '8'],
      ['ITERATIONS', '77', 'createdAt', '2026-01-03T00:00:00.000000Z', '2026-01-10T00:00:01.000000Z'],
      ['ITERATIONS', '800', 'strategyId', '8', '12'],
      ['ITERATIONS', '800', 'createdAt', '2026-01-10T00:00:00.000000Z', '2026-01-10T00:00:01.000000Z'],
    ],
  ],
  [
    'an iteration that is gone',
    'many-119',
    'delete from adsuite_mirror.iterations where iteration_id = 919',
    ['Iteration 919 is no longer in the mirror of AdSuite.'],
    [
      ['ITERATIONS', '919', 'strategyId', '8', null],
      ['ITERATIONS', '919', 'createdAt', '2026-01-10T01:59:00.000000Z', null],
    ],
  ],
  [
    'iterations that do not matter for a click that names its own',
    'explicit',
    `with gone as (delete from events.events where event_id = 'explicit' and loaded_at > '2026-03-01')
    update adsuite_mirror.iterations set created_at = created_at + interval '1 hour' where iteration_id in (11, 13)`,
    [],
    [],
  ],
];
