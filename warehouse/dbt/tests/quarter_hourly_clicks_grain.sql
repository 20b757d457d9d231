-- One row per iteration and quarter-hour.
select iteration_id, quarter_at
from {{ ref('iteration_clicks_quarter_hourly') }}
group by iteration_id, quarter_at
having count(*) <> 1 or min(clicks) < 1
