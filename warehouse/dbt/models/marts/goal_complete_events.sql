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

-- Redshift: distributed by the column that gold joins with the clicks, so that at least this side stays where it is;
-- conversions without a click id then lie together on one slice, which costs little while they are few. Sorted by the
-- watermark, of which a run reads the end.
with events as (

    select *
    from {{ ref('base_events__events') }}
    where event_type = 'goal_complete'
    {%- if is_incremental() %}
    {%- set read_again_from %}(
            -- A clock that ran ahead must not hide the events of the hours between, hence the bound by the build's time.
            select coalesce(
                max(loaded_at) - interval '{{ var("lookback_hours") }} hours',
                {{ instant('0001-01-01T00:00:00Z') }}
            )
            from {{ this }}
            where loaded_at <= {{ instant(as_of) }}
        )
    {%- endset %}
      and loaded_at >= {{ read_again_from }}
      -- Says nothing new (loaded_at is source_loaded_at where that is known), but compares the source's own column: a
      -- warehouse that keeps bounds per block, as Redshift does, may then pass over old blocks.
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
    loaded_at
from deduplicated
