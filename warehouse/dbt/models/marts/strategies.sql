{{
    config(
        tags=['gold'],
        dist='all',
        sort='strategy_id',
        post_hook=["{{ index_on_postgres('strategy_id') }}", "{{ analyze_table() }}"]
    )
}}

-- Redshift: small, so every node has it whole and no join moves rows; sorted by the key it is read by.
--
-- A table, not a view: rebuilding the staging view beneath a view would drop it for the length of a run, and the
-- service reads it all the time. It also keeps the strategies as this build saw them.
with strategies as (

    select * from {{ ref('stg_adsuite__strategies') }}

)

select
    strategy_id,
    strategy_name,
    tune_offer_id,
    created_at
from strategies
