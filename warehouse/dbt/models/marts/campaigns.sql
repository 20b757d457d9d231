{{
    config(
        tags=['gold'],
        dist='all',
        sort='campaign_id',
        post_hook=["{{ index_on_postgres('campaign_id') }}", "{{ mark_build() }}", "{{ analyze_table() }}"]
    )
}}

-- Redshift: small, so each node has a copy; sorted by its key.
--
-- For readers, like strategies. The problem is the reason that gold gives to every derived conversion of the campaign,
-- because both use the same macro; the reasons that depend on the time of the click are not problems of a campaign.
with {{ campaign_routes() }}

select
    campaign_id,
    campaign_name,
    tune_offer_id,
    strategy_id,
    cast(
        case
            when tune_offer_id is null then 'CAMPAIGN_WITHOUT_OFFER'
            when strategies is null then 'STRATEGY_NOT_FOUND'
            when strategies > 1 then 'SHARED_OFFER'
            when first_iteration_at is null then 'NO_ITERATIONS'
        end as varchar(32)
    ) as problem
from routes
