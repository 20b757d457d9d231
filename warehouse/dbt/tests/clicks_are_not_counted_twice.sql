-- No more clicks are counted than the source has, on UTC days of which it still has every click. More are counted if rows were
-- changed, or loaded again with another loaded_at; to count them again, drop clicks_by_quarter_hour, if the source still has all
-- clicks. More are also counted if single clicks were deleted; then there is nothing to do. Reads all clicks.
--
-- Copies of a click on several days are clicks of each day here, because with click_copies_days they may be counted so. A source
-- that deletes old clicks has every click of a day if its oldest click, by time and by loaded_at, is from before that
-- day. Only clicks that were loaded before the look-back: the next build reads the rest.
{{ config(severity='warn', tags=['expensive']) }}

with source_clicks as (

    select
        click_id,
        {{ utc_day('clicked_at') }} as click_day,
        min(clicked_at) as clicked_at,
        min(coalesce(loaded_at, clicked_at)) as loaded_at
    from {{ ref('base_adgem__clicks') }}
    where trim(click_id) <> ''
      and coalesce(loaded_at, clicked_at) < {{ clicks_counted_through(ref('clicks_by_quarter_hour')) }}
    group by click_id, {{ utc_day('clicked_at') }}

),

oldest as (

    select greatest(min(clicked_at), min(loaded_at)) as kept_from
    from source_clicks

),

by_day as (

    select click_day, count(*) as clicks
    from source_clicks
    group by click_day

),

counted as (

    select {{ utc_day('clicked_at') }} as click_day, sum(clicks) as clicks
    from {{ ref('clicks_by_quarter_hour') }}
    where counted_through < {{ valid_before() }}
      and clicked_at is not null
    group by {{ utc_day('clicked_at') }}

)

select cast(counted.click_day as varchar(10)) as click_day, counted.clicks as counted, by_day.clicks
from counted
cross join oldest
left join by_day
    on by_day.click_day = counted.click_day
where counted.click_day > {{ utc_day('oldest.kept_from') }}
  and counted.clicks > coalesce(by_day.clicks, 0)
