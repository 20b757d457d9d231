-- No conversion is missing, duplicated or added. Redistributes both tables, so each build only runs
-- gold_adds_up_to_silver.
{{ config(tags=['expensive']) }}

with counted as (

    select event_id, 1 as silver, 0 as gold
    from {{ ref('goal_complete_events') }}

    union all

    select event_id, 0 as silver, 1 as gold
    from {{ ref('goal_complete_events_attributed') }}

)

select event_id, sum(silver) as silver, sum(gold) as gold
from counted
group by event_id
having sum(silver) <> 1 or sum(gold) <> 1
