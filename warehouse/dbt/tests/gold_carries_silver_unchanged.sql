-- Attribution adds columns and changes none. Redistributes both tables, so each build only runs gold_adds_up_to_silver.
{{ config(tags=['expensive']) }}

select event_id, click_id, goal_reference_id, payout, converted_at, loaded_at
from {{ ref('goal_complete_events') }}

except

select event_id, click_id, goal_reference_id, payout, converted_at, loaded_at
from {{ ref('goal_complete_events_attributed') }}
