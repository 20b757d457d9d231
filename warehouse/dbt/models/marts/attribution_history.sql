{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='interval_id',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['gold'],
        dist='event_id',
        sort='from_build_number',
        pre_hook=["{{ delete_intervals() }}"],
        post_hook=[
            "{{ lasting_index_on_postgres('attribution_history_event', 'event_id') }}",
            "{{ lasting_index_on_postgres('attribution_history_from', 'from_build_number') }}",
            "{{ lasting_index_on_postgres('attribution_history_until', 'until_build_number') }}",
            "{{ analyze_table() }}"
        ]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}
{%- set number = (build_number() ~ '') | trim | int(0) %}
{%- set last = number - 1 %}
{%- set columns = history_columns().split(' ') %}
{%- set before = ((counted_history() if is_incremental() else '') ~ '') | trim %}

-- Redshift: distributed like gold, so that their join moves no rows; sorted by the build, which bounds the queries of changes.
--
-- A run adds an interval for each conversion whose state differs from that of the last recorded build, and ends the interval
-- of the state before. What a run that did not finish has begun is deleted by the hook; what it has ended is opened again here.
-- So only differences add rows, and repeating a run, or a build, gives the same rows.
--
-- depends_on: {{ ref('iterations_first_seen') }}
-- depends_on: {{ ref('iterations_with_end_time') }}
-- depends_on: {{ ref('strategies') }}
{%- if before == '' %}
--
-- The history begins with this build.
select
    cast(event_id || '@{{ number }}' as varchar(300)) as interval_id,
    event_id,
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    cast({{ number }} as bigint) as from_build_number,
    cast(null as bigint) as until_build_number,
    cast('NEW' as varchar(32)) as begin_cause,
    cast(null as varchar(32)) as end_cause
from {{ ref('goal_complete_events_attributed') }}
{%- else %}
{#- A column that a release has added is filled in open intervals. It ends none, because its earlier values are unknown. -#}
{%- set all = ' ' ~ (columns | join('  ')) ~ ' ' %}
{%- set known = ' ' ~ known_columns(last) ~ ' ' if var('literal_bounds', true) else all %}
{%- set added %}{% for column in columns %}{% if (' ' ~ column ~ ' ') not in known %}{{ column }}{% endif %}{% endfor %}{% endset %}
with compared as (

    select
        intervals.event_id as old_event_id,
        intervals.from_build_number as old_from_build_number,
        intervals.until_build_number as old_until_build_number,
        intervals.begin_cause as old_begin_cause,
        gold.event_id as new_event_id,
        {%- for column in columns %}
        {{ 'intervals' if (' ' ~ column ~ ' ') in known else 'gold' }}.{{ column }} as old_{{ column }},
        gold.{{ column }} as new_{{ column }},
        {%- endfor %}
        case
            when intervals.event_id is null or gold.event_id is null then 1
            {%- for column in columns %}
            {%- if (' ' ~ column ~ ' ') in known %}
            when {{ differs('gold.' ~ column, 'intervals.' ~ column) }} then 1
            {%- endif %}
            {%- endfor %}
            else 0
        end as has_changed
    from (
        select intervals.*
        from {{ this }} as intervals
        where {{ is_state_of_build('intervals', last) }}
    ) as intervals
    full outer join {{ ref('goal_complete_events_attributed') }} as gold
        on gold.event_id = intervals.event_id

),

-- The rows that are written. Filtered before the CTE is read several times, because PostgreSQL stores the rows of such a CTE,
-- and most conversions are as they were. It estimates > 0 as a third of the rows, but = 1 as so few that it would choose
-- nested loops for the causes.
states as (

    select *
    from compared
    {%- if added | trim == '' %}
    where has_changed > 0
       or old_until_build_number is not null
    {%- endif %}

),

changes as (

    select *
    from states
    where has_changed > 0

),

{{ history_causes('changes', before, as_of) }}

select
    cast(new_event_id || '@{{ number }}' as varchar(300)) as interval_id,
    new_event_id as event_id,
    {%- for column in columns %}
    new_{{ column }} as {{ column }},
    {%- endfor %}
    cast({{ number }} as bigint) as from_build_number,
    cast(null as bigint) as until_build_number,
    cause as begin_cause,
    cast(null as varchar(32)) as end_cause
from caused
where new_event_id is not null

union all

select
    cast(old_event_id || '@' || cast(old_from_build_number as varchar(20)) as varchar(300)) as interval_id,
    old_event_id as event_id,
    {%- for column in columns %}
    {% if (' ' ~ column ~ ' ') in known %}old_{{ column }}{% else %}null{% endif %} as {{ column }},
    {%- endfor %}
    old_from_build_number as from_build_number,
    cast({{ number }} as bigint) as until_build_number,
    old_begin_cause as begin_cause,
    cause as end_cause
from caused
where old_event_id is not null

union all

-- Ended by a build that was not finished, or without a column that is new.
select
    cast(old_event_id || '@' || cast(old_from_build_number as varchar(20)) as varchar(300)) as interval_id,
    old_event_id as event_id,
    {%- for column in columns %}
    new_{{ column }} as {{ column }},
    {%- endfor %}
    old_from_build_number as from_build_number,
    cast(null as bigint) as until_build_number,
    old_begin_cause as begin_cause,
    cast(null as varchar(32)) as end_cause
from states
where has_changed = 0
{%- endif %}
