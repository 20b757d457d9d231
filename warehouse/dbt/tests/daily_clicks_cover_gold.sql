-- Each click of an attributed conversion is counted for the same iteration, on its day.
with converted as (

    select
        iteration_id,
        strategy_id,
        {{ utc_day('click_timestamp') }} as click_day,
        count(distinct click_id) as clicks
    from {{ ref('goal_complete_events_attributed') }}
    where attribution_status = 'ATTRIBUTED'
    group by iteration_id, strategy_id, {{ utc_day('click_timestamp') }}

)

select converted.iteration_id, converted.click_day, converted.clicks
from converted
left join {{ ref('iteration_clicks_daily') }} as daily
    on daily.iteration_id = converted.iteration_id
    and daily.strategy_id = converted.strategy_id
    and daily.click_day = converted.click_day
where daily.iteration_id is null or daily.clicks < converted.clicks
