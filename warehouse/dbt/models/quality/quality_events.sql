-- Faults of events that gold does not show. Reads silver once, and of the events those that this build's run of silver
-- has read.
{%- set present = instant(run_started_at.isoformat()) %}
with suspects as (

    select event_id, loaded_at, payout_is_not_a_number, conflicting_columns
    from {{ ref('goal_complete_events') }}
    where payout_is_not_a_number
       or conflicting_columns is not null
       or loaded_at > {{ present }}

),

-- base_events__events ignores these, or their loaded_at.
out_of_range as (

    select
        {{ text_id('event_id') }} as event_id,
        min(
            case
                when {{ is_out_of_range('"timestamp"') }} then 'timestamp: ' || {{ any_instant_text('"timestamp"') }}
                else 'loaded_at: ' || {{ any_instant_text('loaded_at') }}
            end
        ) as time_text
    from {{ source('events', 'events') }}
    where {{ compared_id('event_type') }} = 'goal_complete'
      and trim(event_id) <> ''
      and ({{ is_out_of_range('"timestamp"') }} or {{ is_out_of_range('loaded_at') }})
      and (
          loaded_at is null
          or loaded_at >= {{ events_last_read_from(ref('goal_complete_events')) }}
          or loaded_at < {{ valid_from() }}
      )
    group by {{ text_id('event_id') }}

),

from_the_future as (

    select count(*) as found, min(event_id) as first_event, max(loaded_at) as latest
    from suspects
    where loaded_at > {{ present }}

),

faults as (

    select
        {{ fault('EVENT_TIME_OUT_OF_RANGE', 'event_id') }},
        cast(0 as bigint) as subject_order,
        'events.events.' || time_text as detail
    from out_of_range

    union all

    select
        {{ fault('PAYOUT_NOT_A_NUMBER', 'event_id') }},
        cast(0 as bigint) as subject_order,
        'payout NaN' as detail
    from suspects
    where payout_is_not_a_number

    union all

    select
        {{ fault('EVENT_CONFLICT', 'event_id') }},
        cast(0 as bigint) as subject_order,
        'copies differ in ' || conflicting_columns as detail
    from suspects
    where conflicting_columns is not null

    union all

    select
        {{ fault('LOADED_IN_THE_FUTURE', "'events.events'") }},
        - found as subject_order,
        'rows: ' || {{ number_text('found') }} || ', one of them ' || first_event || ', the latest '
            || {{ any_instant_text('latest') }} as detail
    from from_the_future
    where found > 0

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
