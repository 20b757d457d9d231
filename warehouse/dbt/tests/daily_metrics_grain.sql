-- One row per iteration, goal and day; the first and last conversion are on that day.
select iteration_id, goal_reference_id, conversion_day
from {{ ref('iteration_metrics_daily') }}
group by iteration_id, goal_reference_id, conversion_day
having count(*) <> 1
    or min(conversions) < 1
    or min({{ utc_day('first_converted_at') }}) <> conversion_day
    or min({{ utc_day('last_converted_at') }}) <> conversion_day
    or min(first_converted_at) > min(last_converted_at)
