-- No conversion is missing, duplicated or changed, as far as counts, sums and extremes show it. Unlike a comparison of
-- rows it reads each table once and moves none of its rows, so that every build can afford it. event_id is unique in
-- both tables (other tests), and the nightly tests compare row by row.
with silver as (

    select
        {{ conversion_totals() }}
    from {{ ref('goal_complete_events') }}

),

gold as (

    select
        {{ conversion_totals() }}
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
