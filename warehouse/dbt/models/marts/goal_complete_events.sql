{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_id',
        on_schema_change='append_new_columns',
        tags=['silver'],
        dist='event_id',
        sort='loaded_at',
        post_hook=[
            "{{ renewed_index_on_postgres('goal_complete_events_event_id', 'event_id') }}",
            "{{ renewed_index_on_postgres('goal_complete_events_read_at', 'read_at') }}",
            "{{ renewed_index_on_postgres('goal_complete_events_loaded_at', 'loaded_at') }}",
            "{{ analyze_table() }}"
        ]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}
{%- set present = instant(run_started_at.isoformat()) %}
{%- set remembers = is_incremental() and has_loaded_ahead() | trim == 'true' %}
{%- set read_from = literal_instant(events_read_from(this)) if is_incremental() else instant('0001-01-01T00:00:00Z') %}

-- Redshift: distributed like conversion_clicks and gold, so that their joins move no rows; sorted by the watermark, because a
-- run reads the newest rows.
--
-- A copy whose loaded_at is in the future when it is read is kept only until another one arrives, whatever their loaded_at.
-- loaded_ahead is the memory of such copies: later, when their time has come, they would look like the newest.
with events as (

    select
        events.*,
        {%- if remembers %}
        known.loaded_ahead,
        case
            when events.loaded_at > {{ present }} then 1
            when known.loaded_ahead is null then 0
            when strpos(known.loaded_ahead, {{ instant_text('events.loaded_at') }}) > 0 then 1
            else 0
        end as is_ahead
        {%- else %}
        cast(null as varchar(256)) as loaded_ahead,
        case when events.loaded_at > {{ present }} then 1 else 0 end as is_ahead
        {%- endif %}
    from {{ ref('base_events__events') }} as events
    {%- if remembers %}
    left join {{ this }} as known
        on known.event_id = events.event_id
        and known.loaded_ahead is not null
    {%- endif %}
    where events.event_type = 'goal_complete'
    {%- if is_incremental() %}
      and events.loaded_at >= {{ read_from }}
      -- Redundant (loaded_at is source_loaded_at if that is valid), but compares the source's own column, so that a
      -- warehouse with bounds per block, like Redshift, can skip old blocks.
      and (
          events.source_loaded_at is null
          or events.source_loaded_at >= {{ read_from }}
          or events.source_loaded_at < {{ valid_from() }}
      )
    {%- endif %}

),

deduplicated as (

    {{ deduplicated_events('events', ['loaded_at_is_unknown', 'is_ahead', 'loaded_ahead']) }}

),

-- Copies without an order: their differences are recorded for the check EVENT_CONFLICT. A null beside a value is one too.
-- Few events have such copies, so only those are grouped.
contradictions as (

    select
        events.event_id,
        case when min(events.converted_at) < max(events.converted_at) then ', timestamp' else '' end
        {%- for column in ['click_id', 'goal_reference_id', 'payout'] %}
            || case
                when min(events.{{ column }}) < max(events.{{ column }})
                    or count(events.{{ column }}) between 1 and count(*) - 1
                    then ', {{ column }}'
                else ''
            end
        {%- endfor %} as differing
    from events
    inner join deduplicated
        on deduplicated.event_id = events.event_id
        and deduplicated.has_equal_copy
        and (
            events.loaded_at = deduplicated.loaded_at
            or (events.loaded_at_is_unknown and deduplicated.loaded_at_is_unknown)
        )
    group by events.event_id

),

-- Of the conversions whose copies are all ahead: up to eight loaded_at, the latest first.
loads_ahead as (

    select
        numbered.event_id,
        max(case when numbered.load_number = 1 then numbered.loaded_text else '' end)
        {%- for number in [2, 3, 4, 5, 6, 7, 8] %}
            || max(case when numbered.load_number = {{ number }} then ' ' || numbered.loaded_text else '' end)
        {%- endfor %} as loaded_ahead
    from (
        select
            ahead.event_id,
            {{ instant_text('ahead.loaded_at') }} as loaded_text,
            row_number() over (partition by ahead.event_id order by ahead.loaded_at desc) as load_number
        from (
            select events.event_id, events.loaded_at
            from events
            where events.event_id in (select event_id from deduplicated where is_ahead = 1)
            group by events.event_id, events.loaded_at
        ) as ahead
    ) as numbered
    group by numbered.event_id

)
{%- if is_incremental() %},

-- Every run reads the copies whose loaded_at is in the future, but not those that were read before and come before them.
known as (

    select event_id
    from {{ this }}
    where loaded_at <= {{ present }}
      {%- if remembers %}
      and (loaded_ahead is null or strpos(loaded_ahead, {{ instant_text('loaded_at') }}) = 0)
      {%- endif %}
      and event_id in (select event_id from deduplicated where is_ahead = 1)

)
{%- endif %}

select
    deduplicated.event_id,
    deduplicated.click_id,
    deduplicated.goal_reference_id,
    deduplicated.payout,
    deduplicated.converted_at,
    deduplicated.loaded_at,
    -- An as_of after the run's start would make the next run read too little.
    least({{ instant(as_of) }}, {{ present }}) as read_at,
    {{ read_from }} as read_from,
    deduplicated.payout_is_not_a_number,
    cast(
        case when contradictions.differing <> '' then btrim(contradictions.differing, ', ') end as varchar(64)
    ) as conflicting_columns,
    -- What was ahead when an earlier run read it stays known, though this run may not have read it again.
    cast(
        case
            when loads_ahead.loaded_ahead is null then deduplicated.loaded_ahead
            when deduplicated.loaded_ahead is null then loads_ahead.loaded_ahead
            when strpos(loads_ahead.loaded_ahead, deduplicated.loaded_ahead) > 0 then loads_ahead.loaded_ahead
            -- Eight times of 27 characters and the blanks between them.
            else left(loads_ahead.loaded_ahead || ' ' || deduplicated.loaded_ahead, 223)
        end as varchar(256)
    ) as loaded_ahead
from deduplicated
left join contradictions
    on contradictions.event_id = deduplicated.event_id
left join loads_ahead
    on loads_ahead.event_id = deduplicated.event_id
{%- if is_incremental() %}
left join known
    on known.event_id = deduplicated.event_id
where known.event_id is null
{%- endif %}
