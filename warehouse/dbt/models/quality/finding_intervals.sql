{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='interval_id',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['stores_build_id'],
        dist='even',
        sort='check_name',
        pre_hook="{{ delete_outdated_intervals() }}",
        post_hook=["{{ lasting_index_on_postgres('finding_intervals_check', 'check_name') }}", "{{ analyze_table() }}"]
    )
}}
{%- set number = (build_number() ~ '') | trim %}
{%- set present = instant(run_started_at.isoformat()) %}

-- Redshift: distributed evenly, because it is only joined with the newest build's findings; sorted by check, because one
-- check's rows are queried.
--
-- How long each subject of a check was found without a break. Built before the row of its build in attribution_builds, which
-- may never come: rows then have numbers of a build that failed. The next build has the same number, and undoes them: the
-- hook deletes what was opened, and `intervals` has the other rows as the last finished build left them. So each row also
-- has what the build before its last sighting knew.
with checks as (

    select
        check_name,
        case when count(subject_id) = max(found) then 1 else 0 end as is_complete
    from {{ ref('data_quality_findings') }}
    where build_id = '{{ build_id() }}'
    group by check_name

),

subjects as (

    select check_name, subject_id, severity, detail
    from {{ ref('data_quality_findings') }}
    where build_id = '{{ build_id() }}'
      and subject_id is not null

)
{%- if is_incremental() %},

intervals as (

    select
        interval_id,
        check_name,
        subject_id,
        severity,
        first_seen_build_number,
        first_seen_at,
        case when last_seen_build_number < {{ number }} then detail else earlier_detail end as detail,
        case
            when last_seen_build_number < {{ number }} then last_seen_build_number
            else earlier_seen_build_number
        end as last_seen_build_number,
        case when last_seen_build_number < {{ number }} then last_seen_at else earlier_seen_at end as last_seen_at
    from {{ this }}
    where first_seen_build_number < {{ number }}
      and (resolved_build_number is null or resolved_build_number >= {{ number }})

)
{%- endif %}

{%- if is_incremental() %}

-- A check that has no row of this build does not exist any more, so what it found ends. Of a check that found more than is
-- recorded, a subject without a row may be one of the others.
select
    intervals.interval_id,
    intervals.check_name,
    intervals.subject_id,
    coalesce(subjects.severity, intervals.severity) as severity,
    case when subjects.subject_id is not null then subjects.detail else intervals.detail end as detail,
    intervals.first_seen_build_number,
    intervals.first_seen_at,
    case
        when subjects.subject_id is not null then cast({{ number }} as bigint)
        else intervals.last_seen_build_number
    end as last_seen_build_number,
    case when subjects.subject_id is not null then {{ present }} else intervals.last_seen_at end as last_seen_at,
    case
        when subjects.subject_id is null and coalesce(checks.is_complete, 1) = 1 then cast({{ number }} as bigint)
    end as resolved_build_number,
    case
        when subjects.subject_id is null and coalesce(checks.is_complete, 1) = 1 then {{ present }}
    end as resolved_at,
    intervals.detail as earlier_detail,
    intervals.last_seen_build_number as earlier_seen_build_number,
    intervals.last_seen_at as earlier_seen_at
from intervals
left join subjects
    on subjects.check_name = intervals.check_name
    and subjects.subject_id = intervals.subject_id
left join checks
    on checks.check_name = intervals.check_name

union all
{%- endif %}

select
    cast(
        subjects.check_name || '@{{ number }}@' || subjects.subject_id as varchar(350)
    ) as interval_id,
    subjects.check_name,
    subjects.subject_id,
    subjects.severity,
    subjects.detail,
    cast({{ number }} as bigint) as first_seen_build_number,
    {{ present }} as first_seen_at,
    cast({{ number }} as bigint) as last_seen_build_number,
    {{ present }} as last_seen_at,
    cast(null as bigint) as resolved_build_number,
    cast(null as timestamptz) as resolved_at,
    cast(null as varchar(1024)) as earlier_detail,
    cast(null as bigint) as earlier_seen_build_number,
    cast(null as timestamptz) as earlier_seen_at
from subjects
{%- if is_incremental() %}
left join intervals
    on intervals.check_name = subjects.check_name
    and intervals.subject_id = subjects.subject_id
where intervals.interval_id is null
{%- endif %}
