-- A loss of a conversion without a record, or with the record of another iteration, could not be detected.
{{ config(tags=['expensive']) }}
select conversions.event_id
from {{ ref('goal_complete_events_attributed') }} as conversions
left join {{ ref('conversions_last_attributed') }} as known
    on {{ compared_id('known.event_id') }} = {{ compared_id('conversions.event_id') }}
    and known.iteration_id = conversions.iteration_id
where conversions.iteration_id is not null
  and known.event_id is null
