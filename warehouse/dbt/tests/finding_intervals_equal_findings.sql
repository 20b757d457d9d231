-- The newest build saw each of its recorded subjects in exactly one interval, which is open, and no other subject.
with newest as (

    select build_id, build_number
    from {{ ref('attribution_builds') }}
    where build_number = (select max(build_number) from {{ ref('attribution_builds') }})

),

findings as (

    select findings.check_name, findings.subject_id
    from {{ ref('data_quality_findings') }} as findings
    inner join newest
        on newest.build_id = findings.build_id
    where findings.subject_id is not null

),

intervals as (

    select intervals.check_name, intervals.subject_id, count(*) as intervals
    from {{ ref('finding_intervals') }} as intervals
    inner join newest
        on newest.build_number = intervals.last_seen_build_number
    where intervals.resolved_build_number is null
    group by intervals.check_name, intervals.subject_id

)

select
    coalesce(findings.check_name, intervals.check_name) as check_name,
    coalesce(findings.subject_id, intervals.subject_id) as subject_id
from findings
full outer join intervals
    on intervals.check_name = findings.check_name
    and intervals.subject_id = findings.subject_id
where intervals.intervals is null
   or intervals.intervals <> 1
   or findings.check_name is null
