-- A loss of a conversion without a record could not be detected.
{{ config(tags=['expensive']) }}
select conversions.event_id
from {{ ref('goal_complete_events_attributed') }} as conversions
left join {{ ref('conversions_first_attributed') }} as known
    on {{ compared_id('known.event_id') }} = {{ compared_id('conversions.event_id') }}
where conversions.iteration_id is not null
  and known.event_id is null
