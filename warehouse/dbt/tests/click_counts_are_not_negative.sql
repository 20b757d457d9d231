-- No campaign has a negative number of clicks on a UTC day. It would if a click were subtracted that was never added.
select
    campaign_id,
    {{ utc_day('clicked_at') }} as click_day,
    sum(clicks) as clicks
from {{ ref('clicks_by_quarter_hour') }}
where clicked_at is not null
group by campaign_id, {{ utc_day('clicked_at') }}
having sum(clicks) < 0
