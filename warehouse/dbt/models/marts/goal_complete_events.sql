{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_id',
        on_schema_change='fail',
        tags=['silver'],
        dist='click_id',
        sort='loaded_at',
        post_hook=["{{ analyze_table() }}"]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}
{%- set present = instant(run_started_at.isoformat()) %}

-- Redshift: distributed by the column that gold joins with the clicks, so that this side of the join is not moved.
-- Conversions without a click id are on one slice, which costs little if they are few. Sorted by the watermark, because
-- a run reads the newest rows.
with events as (

    select *
    from {{ ref('base_events__events') }}
    where event_type = 'goal_complete'
    {%- if is_incremental() %}
    {%- set read_again_from = events_read_from(this) %}
      and loaded_at >= {{ read_again_from }}
      -- Redundant (loaded_at is source_loaded_at if that is valid), but compares the source's own column, so that a
      -- warehouse with bounds per block, like Redshift, can skip old blocks.
      and (
          source_loaded_at is null
          or source_loaded_at >= {{ read_again_from }}
          or source_loaded_at < {{ valid_from() }}
      )
    {%- endif %}

),

deduplicated as (

    {{ deduplicated_events('events') }}

),

-- Copies with the same loaded_at have no order, so their differences are recorded for the check EVENT_CONFLICT. A null
-- beside a value is one too. Few events have such copies, so only those are grouped.
contradictions as (

    select
        event_id,
        loaded_at,
        case when min(converted_at) < max(converted_at) then ', timestamp' else '' end
        {%- for column in ['click_id', 'goal_reference_id', 'payout'] %}
            || case
                when min({{ column }}) < max({{ column }}) or count({{ column }}) between 1 and count(*) - 1
                    then ', {{ column }}'
                else ''
            end
        {%- endfor %} as differing
    from events
    where event_id in (select event_id from deduplicated where has_equal_copy)
    group by event_id, loaded_at

)
{%- if is_incremental() %},

-- Every run reads the copies whose loaded_at is in the future, but not those that were read before and come before them.
known as (

    select event_id
    from {{ this }}
    where loaded_at <= {{ present }}
      and event_id in (select event_id from deduplicated where loaded_at > {{ present }})

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
    deduplicated.payout_is_not_a_number,
    cast(
        case when contradictions.differing <> '' then btrim(contradictions.differing, ', ') end as varchar(64)
    ) as conflicting_columns
from deduplicated
left join contradictions
    on contradictions.event_id = deduplicated.event_id
    and contradictions.loaded_at = deduplicated.loaded_at
{%- if is_incremental() %}
left join known
    on known.event_id = deduplicated.event_id
where known.event_id is null
{%- endif %}
