import { attributionStatuses } from '../../src/db/warehouse/tables.ts';
import type { QualityCheckName } from '../../src/domain/quality.ts';
import type { RawWorld, Row } from './dbt.ts';

const at = (time: string, day = 10) => `2026-01-${String(day).padStart(2, '0')}T${time}Z`;

/** The checks that compare a build with the one before. */
export const changeChecks = [
  'PAYOUT_CHANGED',
  'CLICK_COMPLETED',
  'OFFER_CHANGED',
  'ITERATION_BACKDATED',
  'UNATTRIBUTED_SHARE_JUMPED',
] as const satisfies readonly QualityCheckName[];

/** A small world with all defects of real data: it has every status and every warning. */
export const messyWorld: RawWorld = {
  strategies: [
    { id: 1, name: 'one', tune_offer_id: 100, created_at: at('00:00:00', 1) },
    { id: 1, name: 'one again', tune_offer_id: 101, created_at: at('00:00:00', 2) },
    { id: 2, name: 'two', tune_offer_id: 200, created_at: at('00:00:00', 1) },
    { id: 22, name: null, tune_offer_id: 200, created_at: at('00:00:00', 1) },
    { id: 3, name: 'three', tune_offer_id: 300, created_at: at('00:00:00', 1) },
    { id: 4, name: 'late', tune_offer_id: null, created_at: at('00:00:00', 1) },
    { id: 5, name: 'endless', tune_offer_id: null, created_at: '-infinity' },
    { id: null, name: 'no id', tune_offer_id: 300, created_at: at('00:00:00', 1) },
  ],
  iterations: [
    { iteration_id: 1, strategy_id: 1, name: 'a', created_at: at('09:00:00') },
    { iteration_id: 1, strategy_id: 2, name: 'a again', created_at: at('09:30:00') },
    { iteration_id: 2, strategy_id: 1, name: 'b', created_at: at('12:00:00') },
    { iteration_id: 3, strategy_id: 1, name: 'c', created_at: at('12:00:00') },
    { iteration_id: 4, strategy_id: 1, name: null, created_at: at('12:00:00', 20) },
    { iteration_id: 50, strategy_id: 99, name: 'lost', created_at: at('12:00:00') },
    { iteration_id: 60, strategy_id: 2, name: 'shared', created_at: at('12:00:00') },
    { iteration_id: null, strategy_id: 1, name: 'no id', created_at: at('12:00:00') },
    { iteration_id: 7, strategy_id: null, name: 'no strategy', created_at: at('12:00:00') },
    { iteration_id: 8, strategy_id: 1, name: 'no time', created_at: null },
    { iteration_id: 9, strategy_id: 1, name: 'seconds', created_at: '1970-01-21T12:18:00Z' },
  ],
  campaigns: [
    { id: 10, name: 'ten', adaction_id: 100 },
    { id: 10, name: 'ten again', adaction_id: 200 },
    { id: 11, name: null, adaction_id: null },
    { id: 12, name: 'twelve', adaction_id: 999 },
    { id: 13, name: 'thirteen', adaction_id: 200 },
    { id: 14, name: 'fourteen', adaction_id: 300 },
    { id: null, name: 'no id', adaction_id: 100 },
  ],
  clicks: [
    { click_id: 'found', campaign_id: 10, timestamp: at('11:59:59.999999'), loaded_at: at('13:00:00') },
    { click_id: 'found', campaign_id: 11, timestamp: at('11:59:59.999999'), loaded_at: at('13:00:00') },
    { click_id: 'found', campaign_id: 10, timestamp: at('12:30:00'), loaded_at: at('13:00:00') },
    { click_id: 'boundary', campaign_id: 10, timestamp: at('12:00:00'), loaded_at: null },
    { click_id: 'open', campaign_id: 10, timestamp: at('23:59:59.999999', 31), loaded_at: null },
    { click_id: 'explicit', campaign_id: 13, timestamp: at('11:00:00'), iteration_id: 60, loaded_at: at('13:00:00') },
    { click_id: 'explicit unknown', campaign_id: 10, timestamp: at('10:00:00'), iteration_id: 404 },
    { click_id: 'no campaign', campaign_id: 77, timestamp: at('10:00:00') },
    { click_id: 'null campaign', campaign_id: null, timestamp: at('10:00:00') },
    { click_id: 'no offer', campaign_id: 11, timestamp: at('10:00:00') },
    { click_id: 'no strategy', campaign_id: 12, timestamp: at('10:00:00') },
    { click_id: 'shared', campaign_id: 13, timestamp: at('10:00:00') },
    { click_id: 'no iterations', campaign_id: 14, timestamp: at('10:00:00') },
    { click_id: 'early', campaign_id: 10, timestamp: at('08:59:59.999999') },
    { click_id: 'future', campaign_id: 10, timestamp: '2026-02-01T00:00:00Z' },
    { click_id: 'unconverted', campaign_id: 10, timestamp: at('12:00:00', 11) },
    { click_id: '', campaign_id: 10, timestamp: at('12:00:00', 11) },
    { click_id: null, campaign_id: 10, timestamp: at('12:00:00', 11) },
    { click_id: 'timeless', campaign_id: 10, timestamp: null },
    { click_id: 'infinity', campaign_id: 10, timestamp: 'infinity', iteration_id: 60 },
    { click_id: 'enriched', campaign_id: null, timestamp: at('10:00:00'), loaded_at: at('13:00:00') },
    { click_id: 'enriched', campaign_id: 10, timestamp: at('10:00:01'), loaded_at: '2099-01-01T00:00:00Z' },
  ],
  events: [
    ...[
      'found',
      'boundary',
      'open',
      'explicit',
      'explicit unknown',
      'no campaign',
      'null campaign',
      'no offer',
      'no strategy',
      'shared',
      'no iterations',
      'early',
      'future',
      'timeless',
      'nowhere',
      ' ',
      null,
    ].map((click, index) => ({
      event_id: `e${index}`,
      event_type: 'goal_complete',
      click_id: click,
      goal_reference_id: index % 3 === 0 ? null : `g${index % 2}`,
      payout: index % 4 === 0 ? null : `${index}.2501`,
      timestamp: at('22:00:00', 11 + index),
      loaded_at: index === 5 ? null : at('23:00:00', 11 + index),
    })),
    {
      event_id: 'e0',
      event_type: 'goal_complete',
      click_id: 'found',
      goal_reference_id: 'g9',
      payout: '9',
      timestamp: at('23:59:59.999999', 12),
      loaded_at: at('23:00:00', 12),
    },
    {
      event_id: 'e1',
      event_type: 'refund',
      click_id: 'found',
      timestamp: at('22:00:00', 12),
      loaded_at: at('23:00:00', 25),
    },
    {
      event_id: 'e90',
      event_type: 'install',
      click_id: 'found',
      timestamp: at('22:00:00', 12),
      loaded_at: at('23:00:00', 12),
    },
    {
      event_id: 'e92',
      event_type: 'goal_complete',
      click_id: 'found',
      payout: '-0.0001',
      timestamp: '2099-01-01T00:00:00Z',
      loaded_at: at('23:00:00', 12),
    },
    {
      event_id: 'not a number',
      event_type: 'goal_complete',
      click_id: 'found',
      payout: 'NaN',
      timestamp: at('22:00:00', 12),
      loaded_at: '2099-01-01T00:00:00Z',
    },
    ...['1', '2'].map((payout) => ({
      event_id: 'two payouts',
      event_type: 'goal_complete',
      click_id: 'found',
      payout,
      timestamp: at('22:00:00', 12),
      loaded_at: at('23:00:00', 12),
    })),
    {
      event_id: 'milliseconds',
      event_type: 'goal_complete',
      click_id: 'found',
      timestamp: '58133-03-25T08:00:00Z',
      loaded_at: at('23:00:00', 12),
    },
    { event_id: 'endless', event_type: 'goal_complete', click_id: 'infinity', timestamp: at('22:00:00', 12) },
    { event_id: null, event_type: 'goal_complete', click_id: 'found', timestamp: at('22:00:00', 12) },
    { event_id: ' ', event_type: 'goal_complete', click_id: 'found', timestamp: at('22:00:00', 12) },
    { event_id: 'e91', event_type: 'goal_complete', click_id: 'found', timestamp: null },
  ],
};

const gold = 'attribution.goal_complete_events_attributed';
const silver = 'attribution.goal_complete_events';
const iterations = 'attribution.iterations_with_end_time';
const metrics = 'attribution.iteration_metrics_daily';
const clicks = 'attribution.iteration_clicks_daily';
const quarterHourlyClicks = 'attribution.iteration_clicks_quarter_hourly';
const fixes = 'attribution.unattributed_fixes';
const clickCounts = 'attribution.clicks_by_quarter_hour';
const builds = 'attribution.attribution_builds';
const findings = 'attribution.data_quality_findings';
const intervals = 'attribution.finding_intervals';
const history = 'attribution.attribution_history';

const firstOf = (table: string, change: string) => `update ${table} set ${change} where event_id = 'e1'`;

/** A change of each column that silver and gold have in common. */
const changesOf = (table: string): readonly string[] =>
  [
    "click_id = 'other'",
    "goal_reference_id = 'other'",
    'payout = 77',
    "converted_at = converted_at + interval '1 microsecond'",
    "loaded_at = loaded_at - interval '1 microsecond'",
  ].map((change) => firstOf(table, change));

/** One conversion more of each status, in the newest build. */
const countedTwice = attributionStatuses.map((status) => {
  const column = status.toLowerCase();
  return `update ${builds} set ${column} = ${column} + 1 where build_number = 2`;
});

/** For each singular test, statements each of which must make it fail. */
export const breakages: Readonly<Record<string, readonly string[]>> = {
  iteration_windows_never_overlap: [
    `update ${iterations} set ended_at = ended_at + interval '1 microsecond' where iteration_id = 1`,
    `update ${iterations} set ended_at = null where iteration_id = 3`,
    `insert into ${iterations} select 71, strategy_id, 'x', 9, created_at, null from ${iterations} where iteration_id = 1`,
  ],
  iteration_windows_leave_no_gap: [
    `update ${iterations} set ended_at = ended_at - interval '1 microsecond' where iteration_id = 1`,
    `update ${iterations} set ended_at = null where iteration_id = 1`,
    `update ${iterations} set ended_at = created_at where iteration_id = 4`,
    `update ${iterations} set sequence = sequence + 1`,
    `delete from ${iterations} where iteration_id = 2`,
    `delete from ${iterations} where iteration_id = 1`,
  ],
  gold_has_one_row_per_silver_row: [
    `delete from ${gold} where event_id = 'e1'`,
    `insert into ${gold} select * from ${gold} where event_id = 'e1'`,
    `update ${gold} set event_id = 'made up' where event_id = 'e1'`,
  ],
  gold_adds_up_to_silver: [
    `delete from ${gold} where event_id = 'e1'`,
    `insert into ${gold} select * from ${gold} where event_id = 'e1'`,
    `update ${gold} set payout = 77 where event_id = 'e1'`,
    `update ${gold} set click_id = null where event_id = 'e1'`,
    `update ${gold} set goal_reference_id = 'g' where goal_reference_id is null`,
    `update ${gold} set converted_at = converted_at + interval '1 microsecond'`,
    `update ${gold} set loaded_at = loaded_at + interval '1 microsecond'`,
  ],
  gold_carries_silver_unchanged: [...changesOf(gold), firstOf(gold, 'click_id = null')],
  gold_statuses_and_methods_are_known: [
    `update ${gold} set attribution_status = 'PERHAPS' where event_id = 'e1'`,
    `update ${gold} set attribution_method = 'GUESSED' where event_id = 'e1'`,
  ],
  gold_status_and_columns_agree: [
    `update ${gold} set iteration_id = null where event_id = 'e1'`,
    `update ${gold} set iteration_id = 1 where attribution_status = 'SHARED_OFFER'`,
    `update ${gold} set attribution_method = null where event_id = 'e1'`,
    `update ${gold} set attribution_method = 'DERIVED' where attribution_status = 'SHARED_OFFER'`,
    `update ${gold} set microseconds_into_iteration = null where event_id = 'e1'`,
    `update ${gold} set microseconds_into_iteration = -1 where event_id = 'e1'`,
    `update ${gold} set click_id = null where event_id = 'e1'`,
    `update ${gold} set click_id = 'x' where attribution_status = 'NO_CLICK_ID'`,
    `update ${gold} set click_timestamp = null where event_id = 'e1'`,
    `update ${gold} set click_timestamp = converted_at where attribution_status = 'CLICK_NOT_FOUND'`,
    `update ${gold} set campaign_id = 10 where attribution_status = 'CLICK_NOT_FOUND'`,
    `update ${gold} set strategy_id = null where attribution_status = 'NO_ITERATIONS'`,
    `update ${gold} set strategy_id = 2 where attribution_status = 'SHARED_OFFER'`,
  ],
  gold_iterations_exist_and_were_live: [
    `update ${gold} set iteration_id = 404 where event_id = 'e1'`,
    `update ${gold} set strategy_id = 2 where event_id = 'e1'`,
    `update ${gold} set click_timestamp = '2026-01-20T12:00:00Z' where event_id = 'e1'`,
    `update ${gold} set click_timestamp = '2026-01-10T11:59:59.999999Z' where event_id = 'e1'`,
  ],
  daily_metrics_add_up_to_gold: [
    `update ${metrics} set conversions = conversions + 1 where iteration_id = 4`,
    `update ${metrics} set payout = payout + 0.0001 where iteration_id = 4`,
    `delete from ${metrics} where iteration_id = 4`,
    `insert into ${metrics} select * from ${metrics} where iteration_id = 4`,
    `update ${metrics} set iteration_id = 404 where iteration_id = 4`,
    `update ${metrics} set strategy_id = 404 where iteration_id = 4`,
    `update ${metrics} set goal_reference_id = 'other' where iteration_id = 4`,
    `update ${metrics} set conversion_day = conversion_day + 1 where iteration_id = 4`,
    `update ${metrics} set first_converted_at = first_converted_at + interval '1 microsecond' where iteration_id = 4`,
    `update ${metrics} set last_converted_at = last_converted_at - interval '1 microsecond' where iteration_id = 4`,
    // A conversion on a day without a row.
    `insert into ${gold} select 'x' || event_id, click_id, goal_reference_id, payout, converted_at + interval '1 day',
       loaded_at, click_timestamp, campaign_id, strategy_id, iteration_id, attribution_status, attribution_method,
       microseconds_into_iteration from ${gold} where iteration_id = 4`,
  ],
  fixes_add_up_to_gold: [
    `delete from ${fixes} where fix = 'SEPARATE_SHARED_OFFER'`,
    `update ${fixes} set conversions = conversions + 1 where fix = 'SEPARATE_SHARED_OFFER'`,
    `update ${fixes} set payout = payout - 0.0001 where fix = 'SEPARATE_SHARED_OFFER'`,
    `update ${fixes} set first_converted_at = first_converted_at - interval '1 month'`,
    `update ${fixes} set waiting_since_build_number = null where fix = 'SEPARATE_SHARED_OFFER'`,
    `update ${gold} set attribution_status = 'ATTRIBUTED' where attribution_status = 'SHARED_OFFER'`,
  ],
  daily_metrics_grain: [
    `insert into ${metrics} select * from ${metrics}`,
    `update ${metrics} set conversion_day = conversion_day + 1`,
    `update ${metrics} set first_converted_at = first_converted_at - interval '1 day'`,
    `update ${metrics} set last_converted_at = last_converted_at + interval '1 day'`,
    `update ${metrics} set last_converted_at = first_converted_at - interval '1 microsecond'`,
    `update ${metrics} set conversions = 0`,
  ],
  daily_clicks_grain: [`insert into ${clicks} select * from ${clicks}`, `update ${clicks} set clicks = 0`],
  quarter_hourly_clicks_grain: [
    `insert into ${quarterHourlyClicks} select * from ${quarterHourlyClicks}`,
    `update ${quarterHourlyClicks} set clicks = 0`,
  ],
  click_counts_have_no_gap: [
    `update ${clickCounts} set read_from = read_from + interval '1 hour' where counted_through < '2100-01-01Z'`,
    `insert into ${clickCounts} select counted_through - interval '1 hour', null, 0, null, null, 0, read_from from ${clickCounts}
       where clicked_at is null and counted_through < '2100-01-01Z'`,
  ],
  click_counts_are_not_negative: [`update ${clickCounts} set clicks = - clicks`],
  clicks_were_all_counted: [
    `update ${clickCounts} set clicks = clicks - 1 where clicks > 0`,
    `delete from ${clickCounts} where clicked_at::date = '2026-01-11'`,
    `update ${clickCounts} set clicked_at = clicked_at + interval '30 days'`,
    `insert into adgem.clicks values ('late', 10, '2026-01-11T12:00:00Z', null, '2026-01-12T00:00:00Z')`,
  ],
  clicks_are_not_counted_twice: [
    `insert into ${clickCounts} select * from ${clickCounts}`,
    `update ${clickCounts} set clicked_at = clicked_at + interval '30 days'`,
    // Replaced by a row that the next build reads.
    `update adgem.clicks set loaded_at = '2026-02-28T23:00:00Z' where click_id = 'unconverted'`,
  ],
  silver_equals_all_events: [
    `delete from ${silver} where event_id = 'e1'`,
    `delete from ${silver} where event_id <> 'e16'`,
    ...changesOf(silver),
    `insert into ${silver} select 'made up', click_id, null, null, converted_at, loaded_at, read_at from ${silver} where event_id = 'e1'`,
  ],
  build_totals_add_up: [`update ${builds} set conversions = conversions + 1`, ...countedTwice],
  build_numbers_have_no_gap: [
    `delete from ${builds} where build_number = 1`,
    `update ${builds} set build_number = 3 where build_number = 2`,
  ],
  newest_build_describes_gold: [
    `delete from ${gold} where event_id = 'e1'`,
    ...countedTwice,
    `update ${gold} set attribution_status = 'NO_CLICK_ID' where attribution_status = 'SHARED_OFFER'`,
  ],
  history_adds_up_to_gold: [
    `delete from ${history} where event_id = 'e1'`,
    `insert into ${history} select * from ${history} where event_id = 'e1'`,
    `update ${history} set until_build_number = 2 where event_id = 'e1'`,
    `update ${history} set attribution_status = 'NO_CLICK_ID' where attribution_status = 'SHARED_OFFER'`,
    `update ${history} set iteration_id = 404 where event_id = 'e1'`,
    `update ${history} set payout = 77 where event_id = 'e1'`,
    `update ${history} set converted_at = converted_at + interval '1 microsecond'`,
    `update ${history} set loaded_at = loaded_at + interval '1 microsecond'`,
    firstOf(history, 'click_id = null'),
    firstOf(history, 'goal_reference_id = null'),
    `update ${gold} set attribution_status = 'NEW' where attribution_status = 'SHARED_OFFER'`,
  ],
  history_equals_gold: [
    ...changesOf(history),
    ...[
      'click_timestamp',
      'campaign_id',
      'strategy_id',
      'iteration_id',
      'attribution_method',
      'microseconds_into_iteration',
    ]
      .concat('campaign_offer_id', 'iteration_created_at')
      .map((column) => firstOf(history, `${column} = null`)),
    `update ${history} set click_loaded_at = null where event_id = 'e0'`,
    firstOf(history, 'explicit_iteration_id = 1'),
    firstOf(history, "attribution_status = 'NO_CLICK_ID'"),
    `delete from ${history} where event_id = 'e1'`,
    `delete from ${gold} where event_id = 'e1'`,
    `insert into ${history} select * from ${history} where event_id = 'e1'`,
  ],
  history_has_no_overlap: [
    `update ${history} set interval_id = 'e1@2' where event_id = 'e1'`,
    firstOf(history, "end_cause = 'GONE'"),
    firstOf(history, 'until_build_number = 2'),
    firstOf(history, "until_build_number = 1, end_cause = 'GONE'"),
    firstOf(history, "until_build_number = 2, end_cause = 'ITERATION_ADDED'"),
    firstOf(history, "begin_cause = 'GONE'"),
    ...[
      ['null', 'null', 2, 'NEW'],
      ['3', "'CLICK_LOST'", 2, 'CLICK_LOST'],
      ['3', "'CLICK_LOST'", 3, 'CLICK_ARRIVED'],
      ['3', "'CLICK_LOST'", 4, 'CLICK_LOST'],
      ['3', "'GONE'", 3, 'NEW'],
      ['3', "'GONE'", 4, 'CLICK_LOST'],
    ].map(
      ([until, cause, from, begin]) => `with first as (
        update ${history} set until_build_number = ${until}, end_cause = ${cause} where event_id = 'e1'
      ) insert into ${history} (interval_id, event_id, converted_at, loaded_at, attribution_status, from_build_number, begin_cause)
        select 'e1@${from}', event_id, converted_at, loaded_at, attribution_status, ${from}, '${begin}' from ${history}
        where event_id = 'e1'`,
    ),
  ],
  findings_grain: [
    `insert into ${findings} select * from ${findings}`,
    `update ${findings} set found = found + 1`,
    `update ${findings} set found = 1 where found = 0`,
    `update ${findings} set found = 0 where check_name = 'SHARED_OFFER'`,
    `update ${findings} set found = 3 where check_name = 'ROWS_WITHOUT_KEY' and subject_rank = 1`,
    `update ${findings} set severity = 'FATAL'`,
    `update ${findings} set severity = 'ERROR' where check_name = 'ROWS_WITHOUT_KEY' and subject_rank = 1`,
    `update ${findings} set subject_rank = subject_rank + 1`,
    `update ${findings} set subject_id = 'nothing' where found = 0`,
    `update ${findings} set subject_id = null`,
    `delete from ${findings} where subject_rank = 1`,
    // More than ten have at least ten rows.
    `update ${findings} set found = 11 where check_name = 'SHARED_OFFER'`,
  ],
  finding_intervals_equal_findings: [
    `delete from ${intervals} where check_name = 'SHARED_OFFER'`,
    `insert into ${intervals} select * from ${intervals} where check_name = 'SHARED_OFFER'`,
    `update ${intervals} set resolved_build_number = 3 where check_name = 'SHARED_OFFER'`,
    `update ${intervals} set subject_id = 'other' where check_name = 'SHARED_OFFER'`,
    `delete from ${findings} where check_name = 'SHARED_OFFER'`,
  ],
  finding_intervals_grain: [
    `insert into ${intervals} select * from ${intervals}`,
    `update ${intervals} set first_seen_build_number = last_seen_build_number + 1`,
    `update ${intervals} set resolved_build_number = last_seen_build_number`,
  ],
  newest_build_has_its_findings: [`delete from ${findings}`, `update ${findings} set build_id = 'other'`],
  attributed_conversions_are_all_remembered: [
    "delete from attribution.conversions_last_attributed where event_id = 'e1'",
    "update attribution.conversions_last_attributed set iteration_id = 404 where event_id = 'e1'",
  ],
  iterations_were_all_first_seen: ['delete from attribution.iterations_first_seen where iteration_id = 1'],
};

/** For each singular test that warns, rows in otherwise empty sources, and what it reports. One for each kind of row. */
export const warnings: Readonly<Record<string, readonly (readonly [statement: string, reported: Row])[]>> = {
  clicks_are_not_counted_twice: [
    [
      `insert into adgem.clicks values ('kept since then', 10, '2026-01-10T00:00:00Z', null, '2026-01-10T00:00:00Z')`,
      { click_day: '2026-01-11', counted: '1', clicks: 'null' },
    ],
  ],
  source_rows_without_a_key: [
    ["insert into events.events (event_id) values (' ')", { source_table: 'events', rows_left_out: '1' }],
    ["insert into adgem.clicks (click_id) values ('')", { source_table: 'clicks', rows_left_out: '1' }],
  ],
  source_rows_with_a_time_out_of_range: [
    [
      `insert into events.events (event_id, "timestamp") values ('e', 'infinity')`,
      { source_table: 'events', rows_found: '1' },
    ],
    [
      `insert into events.events (event_id, loaded_at) values ('e', '1999-12-31T23:59:59Z')`,
      { source_table: 'events', rows_found: '1' },
    ],
    [
      `insert into adgem.clicks (click_id, "timestamp") values ('c', '2100-01-01T00:00:00Z')`,
      { source_table: 'clicks', rows_found: '1' },
    ],
    [
      `insert into adgem.clicks (click_id, loaded_at) values ('c', '2100-01-01T00:00:00Z')`,
      { source_table: 'clicks', rows_found: '1' },
    ],
  ],
};
