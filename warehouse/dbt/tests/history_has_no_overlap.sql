-- A conversion's intervals follow each other, each with the cause of the one before as its own.
{{ config(tags=['expensive']) }}
with intervals as (

    select
        interval_id,
        event_id || '@' || cast(from_build_number as varchar(20)) as expected_id,
        from_build_number,
        until_build_number,
        begin_cause,
        end_cause,
        lead(from_build_number) over (partition by event_id order by from_build_number) as next_from_build_number,
        lead(begin_cause) over (partition by event_id order by from_build_number) as next_begin_cause
    from {{ ref('attribution_history') }}

)

select interval_id
from intervals
where interval_id <> expected_id
   or until_build_number <= from_build_number
   or begin_cause = 'GONE'
   or (until_build_number is null and end_cause is not null)
   or (until_build_number is not null and end_cause is null)
   or (until_build_number is null and next_from_build_number is not null)
   or next_from_build_number < until_build_number
   or (end_cause = 'GONE' and next_begin_cause <> 'NEW')
   or (end_cause = 'GONE' and next_from_build_number = until_build_number)
   or (end_cause <> 'GONE' and next_from_build_number > until_build_number)
   or (end_cause <> 'GONE' and next_begin_cause <> end_cause)
   or (end_cause <> 'GONE' and next_from_build_number is null)
