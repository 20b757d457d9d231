-- No click of the source is missing in clicks_by_quarter_hour. Clicks that arrived later than the look-back after their
-- loaded_at fail this test; to count them, drop clicks_by_quarter_hour, if the source still has all clicks. Reads all clicks.
--
-- By the UTC day of the click, and only clicks that were loaded before its look-back: the next build reads the rest.
-- It may have more: clicks that the source has deleted.
{{ config(tags=['expensive']) }}

with source_clicks as (

    select click_id, min(clicked_at) as clicked_at
    from {{ ref('base_adgem__clicks') }}
    where trim(click_id) <> ''
      and coalesce(loaded_at, clicked_at) < {{ clicks_counted_through(ref('clicks_by_quarter_hour')) }}
    group by click_id

),

by_day as (

    select {{ utc_day('clicked_at') }} as click_day, count(*) as clicks
    from source_clicks
    group by {{ utc_day('clicked_at') }}

),

counted as (

    select {{ utc_day('clicked_at') }} as click_day, sum(clicks) as clicks
    from {{ ref('clicks_by_quarter_hour') }}
    where counted_through < {{ valid_before() }}
    group by {{ utc_day('clicked_at') }}

)

select by_day.click_day, by_day.clicks, counted.clicks as counted
from by_day
left join counted
    on counted.click_day = by_day.click_day
where counted.clicks is null
   or counted.clicks < by_day.clicks
