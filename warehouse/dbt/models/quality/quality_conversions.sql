-- Faults of conversions themselves, the worst first. Reads gold once.
--
-- "In the future" is later than the start of this run, not than as_of: as_of is taken before the mirror is refreshed,
-- and data may arrive between the two.
{%- set present = instant(run_started_at.isoformat()) %}
with suspects as (

    select event_id, click_timestamp, converted_at, payout
    from {{ ref('goal_complete_events_attributed') }}
    where click_timestamp > converted_at
       or converted_at > {{ present }}
       or click_timestamp > {{ present }}
       or payout < 0

),

faults as (

    select
        {{ fault('CLICK_AFTER_CONVERSION', 'event_id') }},
        - {{ microseconds_between('converted_at', 'click_timestamp') }} as subject_order,
        'converted ' || {{ instant_text('converted_at') }} || ', clicked ' || {{ instant_text('click_timestamp') }} as detail
    from suspects
    where click_timestamp > converted_at

    union all

    select
        {{ fault('IN_THE_FUTURE', 'event_id') }},
        - {{ microseconds_between(
            present,
            'case when click_timestamp > converted_at then click_timestamp else converted_at end'
        ) }} as subject_order,
        'converted ' || {{ instant_text('converted_at') }}
            || coalesce(', clicked ' || {{ instant_text('click_timestamp') }}, '') as detail
    from suspects
    where converted_at > {{ present }}
       or click_timestamp > {{ present }}

    union all

    select
        {{ fault('NEGATIVE_PAYOUT', 'event_id') }},
        cast(payout * 10000 as bigint) as subject_order,
        'payout ' || cast(payout as varchar(32)) as detail
    from suspects
    where payout < 0

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
