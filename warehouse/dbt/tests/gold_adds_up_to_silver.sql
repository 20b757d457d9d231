-- No conversion is missing, duplicated or changed, as far as counts, sums and extremes show it. Unlike a comparison of
-- rows it reads each table once and moves none of its rows, so that every build can afford it. event_id is unique in
-- both tables (other tests), and the nightly tests compare row by row.
with silver as (

    select
        count(*) as conversions,
        count(click_id) as with_click_id,
        count(goal_reference_id) as with_goal,
        coalesce(sum(payout), 0) as payout,
        min(converted_at) as first_converted_at,
        max(converted_at) as last_converted_at,
        max(loaded_at) as last_loaded_at
    from {{ ref('goal_complete_events') }}

),

gold as (

    select
        count(*) as conversions,
        count(click_id) as with_click_id,
        count(goal_reference_id) as with_goal,
        coalesce(sum(payout), 0) as payout,
        min(converted_at) as first_converted_at,
        max(converted_at) as last_converted_at,
        max(loaded_at) as last_loaded_at
    from {{ ref('goal_complete_events_attributed') }}

)

select silver.conversions, gold.conversions as in_gold
from silver
cross join gold
where silver.conversions <> gold.conversions
   or silver.with_click_id <> gold.with_click_id
   or silver.with_goal <> gold.with_goal
   or silver.payout <> gold.payout
   or silver.first_converted_at <> gold.first_converted_at
   or silver.last_converted_at <> gold.last_converted_at
   or silver.last_loaded_at <> gold.last_loaded_at
