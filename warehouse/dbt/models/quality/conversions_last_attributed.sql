{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_id',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['stores_build_id'],
        dist='event_id',
        sort='event_id',
        post_hook=["{{ analyze_table() }}"]
    )
}}

-- Redshift: distributed like gold, so that both joins with it are local to a slice.
--
-- Gold is rebuilt from what the sources still have: if a click, a campaign or an event disappears there, its conversions
-- silently leave their iteration. This table is the memory: the last iteration of each conversion. A row changes only when
-- the conversion moves to another iteration, never when it is lost, so that the loss is found however slow it is, for the
-- iteration whose totals it lowers. On PostgreSQL, gold of an earlier release may have ids with blanks at their end.
select
    cast({{ text_id('conversions.event_id') }} as varchar(256)) as event_id,
    conversions.iteration_id,
    cast('{{ build_id() }}' as varchar(64)) as attributed_since_build_id
from {{ ref('goal_complete_events_attributed') }} as conversions
{%- if is_incremental() %}
left join {{ this }} as known
    on {{ compared_id('known.event_id') }} = {{ compared_id('conversions.event_id') }}
    and known.iteration_id = conversions.iteration_id
{%- endif %}
where conversions.iteration_id is not null
{%- if is_incremental() %}
  and known.event_id is null
{%- endif %}
