{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['stores_build_id'],
        dist='all',
        sort='iteration_id',
        post_hook=["{{ analyze_table() }}"]
    )
}}

-- Redshift: small, so each node has a copy; sorted by the key of the join.
--
-- AdSuite treats created_at as immutable but does not prevent edits, and the mirror has no history. This table is the
-- history: a row is added once and never changed, so a full refresh keeps it.
with iterations as (

    select iterations.iteration_id, iterations.strategy_id, iterations.created_at
    from {{ ref('iterations_with_end_time') }} as iterations
    {%- if is_incremental() %}
    left join {{ this }} as known
        on known.iteration_id = iterations.iteration_id
    where known.iteration_id is null
    {%- endif %}

)

select
    iteration_id,
    strategy_id,
    created_at,
    cast('{{ build_id() }}' as varchar(64)) as first_seen_build_id,
    {{ instant(run_started_at.isoformat()) }} as first_seen_at,
    cast({{ build_number() }} as bigint) as first_seen_build_number
from iterations
