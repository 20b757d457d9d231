const gold = 'attribution.goal_complete_events_attributed';
const silver = 'attribution.goal_complete_events';
const iterations = 'attribution.iterations_with_end_time';
const metrics = 'attribution.iteration_metrics_daily';
const clicks = 'attribution.iteration_clicks_daily';
const builds = 'attribution.attribution_builds';
const findings = 'attribution.data_quality_findings';

/** Per singular test, statements of which each alone must make it fail: a check that can't fail is worth nothing. */
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
  gold_carries_silver_unchanged: [
    `update ${gold} set payout = 77 where event_id = 'e1'`,
    `update ${gold} set converted_at = converted_at + interval '1 microsecond' where event_id = 'e1'`,
    `update ${gold} set click_id = null where event_id = 'e1'`,
  ],
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
    // A conversion on a day that has no row.
    `insert into ${gold} select 'x' || event_id, click_id, goal_reference_id, payout, converted_at + interval '1 day',
       loaded_at, click_timestamp, campaign_id, strategy_id, iteration_id, attribution_status, attribution_method,
       microseconds_into_iteration from ${gold} where iteration_id = 4`,
  ],
  daily_metrics_grain: [
    `insert into ${metrics} select * from ${metrics}`,
    `update ${metrics} set conversion_day = conversion_day + 1`,
    `update ${metrics} set last_converted_at = first_converted_at - interval '1 microsecond'`,
    `update ${metrics} set conversions = 0`,
  ],
  daily_clicks_grain: [`insert into ${clicks} select * from ${clicks}`, `update ${clicks} set clicks = 0`],
  daily_clicks_cover_gold: [
    `delete from ${clicks} where iteration_id = 3`,
    `update ${clicks} set clicks = 0`,
    `update ${clicks} set click_day = click_day + 1`,
  ],
  daily_clicks_are_no_more_than_clicks: [`update ${clicks} set clicks = clicks + 1000`],
  silver_equals_all_events: [
    `delete from ${silver} where event_id = 'e1'`,
    `delete from ${silver}`,
    `update ${silver} set payout = 77 where event_id = 'e1'`,
    `insert into ${silver} select 'made up', click_id, null, null, converted_at, loaded_at from ${silver} limit 1`,
  ],
  build_totals_add_up: [
    `update ${builds} set conversions = conversions + 1`,
    `update ${builds} set click_after_build = click_after_build + 1`,
  ],
  build_numbers_have_no_gap: [
    `delete from ${builds} where build_number = 1`,
    `update ${builds} set build_number = 3 where build_number = 2`,
  ],
  newest_build_describes_gold: [
    `delete from ${gold} where event_id = 'e1'`,
    `update ${builds} set attributed = attributed + 1`,
    `update ${gold} set attribution_status = 'NO_CLICK_ID' where attribution_status = 'SHARED_OFFER'`,
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
  ],
  newest_build_has_its_findings: [`delete from ${findings}`, `update ${findings} set build_id = 'other'`],
  iterations_were_all_first_seen: ['delete from attribution.iterations_first_seen where iteration_id = 1'],
};
