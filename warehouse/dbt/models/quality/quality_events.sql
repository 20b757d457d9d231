-- Faults of events that gold does not show. Of the events, it reads those that this build's run of silver has read.
{%- set future = clearly_in_the_future() %}
with suspects as (

    select event_id, payout_is_not_a_number, conflicting_columns
    from {{ ref('goal_complete_events') }}
    where payout_is_not_a_number
       or conflicting_columns is not null

),

event_copies as (

    select {{ text_id('event_id') }} as event_id, "timestamp" as happened_at, loaded_at
    from {{ source('events', 'events') }}
    where {{ compared_id('event_type') }} = 'goal_complete'
      and trim(event_id) <> ''
      and (
          loaded_at is null
          or loaded_at >= {{ events_last_read_from(ref('goal_complete_events')) }}
          or loaded_at < {{ valid_from() }}
      )
      and (
          {{ is_out_of_range('"timestamp"') }}
          or {{ is_out_of_range('loaded_at') }}
          or loaded_at > {{ future }}
          or "timestamp" > {{ future }}
      )

),

-- base_events__events ignores these, or their loaded_at.
out_of_range as (

    select
        event_id,
        min(
            case
                when {{ is_out_of_range('happened_at') }} then 'timestamp: ' || {{ any_instant_text('happened_at') }}
                else 'loaded_at: ' || {{ any_instant_text('loaded_at') }}
            end
        ) as time_text
    from event_copies
    where {{ is_out_of_range('happened_at') }}
       or {{ is_out_of_range('loaded_at') }}
    group by event_id

),

-- Also copies that another one replaces: their time may come.
from_the_future as (

    select count(*) as found, min(event_id) as first_event, max(counted_loaded_at) as latest
    from (
        select event_id, case when {{ is_in_range('loaded_at') }} then loaded_at else happened_at end as counted_loaded_at
        from event_copies
        where {{ is_in_range('happened_at') }}
    ) as loads
    where counted_loaded_at > {{ future }}

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
        'payout is not a finite number' as detail
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
