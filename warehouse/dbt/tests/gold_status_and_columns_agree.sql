-- The other columns match each status.
with judged as (

    select
        event_id,
        case when attribution_status = 'ATTRIBUTED' then 1 else 0 end as attributed,
        case when iteration_id is null then 0 else 1 end as has_iteration,
        case when attribution_method is null then 0 else 1 end as has_method,
        case when microseconds_into_iteration is null then 0 else 1 end as has_microseconds,
        case when attribution_method = 'DERIVED' and microseconds_into_iteration < 0 then 1 else 0 end as too_early,
        case when attribution_status = 'NO_CLICK_ID' then 1 else 0 end as without_click_id,
        case when click_id is null then 1 else 0 end as click_id_is_null,
        case when attribution_status in ('NO_CLICK_ID', 'CLICK_NOT_FOUND') then 0 else 1 end as click_found,
        case when click_timestamp is null then 0 else 1 end as has_click_timestamp,
        case when campaign_id is null then 0 else 1 end as has_campaign,
        case
            when attribution_status in ('ATTRIBUTED', 'NO_ITERATIONS', 'BEFORE_FIRST_ITERATION', 'CLICK_AFTER_BUILD')
                then 1
            else 0
        end as strategy_is_certain,
        case when strategy_id is null then 0 else 1 end as has_strategy
    from {{ ref('goal_complete_events_attributed') }}

)

select event_id
from judged
where attributed <> has_iteration
   or attributed <> has_method
   or attributed <> has_microseconds
   or too_early = 1
   or without_click_id <> click_id_is_null
   or click_found <> has_click_timestamp
   or (click_found = 0 and has_campaign = 1)
   or strategy_is_certain <> has_strategy
