{{
    config(
        tags=['gold'],
        dist='all',
        sort='strategy_id',
        post_hook=["{{ index_on_postgres('strategy_id') }}", "{{ mark_build() }}", "{{ analyze_table() }}"]
    )
}}

-- Redshift: small, so each node has a copy and joins move no rows; sorted by its key.
--
-- A table, not a view: rebuilding the staging view would drop a dependent view during the run, while the service reads
-- it. It also keeps the strategies as this build read them.
with strategies as (

    select * from {{ ref('stg_adsuite__strategies') }}

)

select
    strategy_id,
    strategy_name,
    tune_offer_id,
    created_at
from strategies
