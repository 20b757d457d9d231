-- The intervals of a subject do not overlap, and the times of each are in order.
with numbered as (

    select
        interval_id,
        first_seen_build_number,
        last_seen_build_number,
        resolved_build_number,
        lead(first_seen_build_number) over (
            partition by check_name, subject_id order by first_seen_build_number
        ) as next_build_number
    from {{ ref('finding_intervals') }}

)

select interval_id
from numbered
where last_seen_build_number < first_seen_build_number
   or resolved_build_number <= last_seen_build_number
   or (next_build_number is not null and resolved_build_number is null)
   or next_build_number < resolved_build_number
