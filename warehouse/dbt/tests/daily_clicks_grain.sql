-- One row per iteration and day.
select iteration_id, click_day
from {{ ref('iteration_clicks_daily') }}
group by iteration_id, click_day
having count(*) <> 1 or min(clicks) < 1
