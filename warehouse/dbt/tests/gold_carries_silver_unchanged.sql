-- Attribution adds columns and changes none.
select event_id, click_id, goal_reference_id, payout, converted_at, loaded_at
from {{ ref('goal_complete_events') }}

except

select event_id, click_id, goal_reference_id, payout, converted_at, loaded_at
from {{ ref('goal_complete_events_attributed') }}
