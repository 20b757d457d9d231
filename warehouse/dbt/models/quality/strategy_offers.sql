{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['stores_build_id'],
        dist='all',
        sort='strategy_id',
        pre_hook="{{ delete_unfinished_offers() }}",
        post_hook=["{{ analyze_table() }}"]
    )
}}
{%- set number = (build_number() ~ '') | trim %}

-- Redshift: small, so each node has a copy; sorted by the key of the join.
--
-- AdSuite and its mirror do not keep which offer a strategy had before. This table does: a strategy has a row per offer, also if
-- it had none in between. A build that failed is undone by the hook of the next one, which has the same number.
with strategies as (

    select strategy_id, tune_offer_id
    from {{ ref('strategies') }}
    where tune_offer_id is not null

)
{%- if is_incremental() %},

last_offers as (

    select offers.strategy_id, offers.tune_offer_id
    from (
        select
            strategy_id,
            tune_offer_id,
            row_number() over (partition by strategy_id order by from_build_number desc) as place
        from {{ this }}
        where from_build_number < {{ number }}
    ) as offers
    where offers.place = 1

)
{%- endif %}

select
    strategies.strategy_id,
    strategies.tune_offer_id,
    cast({{ number }} as bigint) as from_build_number
from strategies
{%- if is_incremental() %}
left join last_offers
    on last_offers.strategy_id = strategies.strategy_id
where last_offers.strategy_id is null
   or last_offers.tune_offer_id <> strategies.tune_offer_id
{%- endif %}
