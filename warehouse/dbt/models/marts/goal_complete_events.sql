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
      -- Redundant (loaded_at is source_loaded_at if that is known), but compares the source's own column, so that a
      -- warehouse with bounds per block, like Redshift, can skip old blocks.
      and (source_loaded_at is null or source_loaded_at >= {{ read_again_from }})
    {%- endif %}

),

deduplicated as (

    {{ deduplicated_events('events') }}

)

select
    event_id,
    click_id,
    goal_reference_id,
    payout,
    converted_at,
    loaded_at,
    -- An as_of after the run's start would make the next run read too little.
    least({{ instant(as_of) }}, {{ instant(run_started_at.isoformat()) }}) as read_at
from deduplicated
