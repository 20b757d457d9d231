{#-
  The rule that finds the iteration of a click; it stands here and nowhere else.

  clicks: a relation (or CTE) with clicked_at, campaign_id and explicit_iteration_id; every other column is kept.
          One row in, one row out: none is dropped and none is doubled.
  as_of:  the build's time, RFC 3339. The last window of a strategy is open; it ends here for this build.

  Gives a list of CTEs for the query's WITH, since Redshift allows no WITH inside another; the last of them, `attributed`,
  has the rows.

  Adds strategy_id, iteration_id, attribution_status, attribution_method and microseconds_into_iteration. The reasons
  are tried in the order of the case expression below, and the first that applies is the one that is told.
-#}
{% macro attribute_clicks(clicks, as_of) -%}
offers as (
    select
        tune_offer_id,
        count(*) as strategies,
        min(strategy_id) as strategy_id
    from {{ ref('strategies') }}
    where tune_offer_id is not null
    group by tune_offer_id
),

first_iterations as (
    select strategy_id, min(created_at) as created_at
    from {{ ref('iterations_with_end_time') }}
    group by strategy_id
),

-- One row per campaign. The strategy is known only where exactly one has the offer: a shared offer is never guessed.
routes as (
    select
        campaigns.campaign_id,
        campaigns.tune_offer_id,
        offers.strategies,
        case when offers.strategies = 1 then offers.strategy_id end as strategy_id,
        first_iterations.created_at as first_iteration_at
    from {{ ref('stg_adgem__campaigns') }} as campaigns
    left join offers
        on offers.tune_offer_id = campaigns.tune_offer_id
    left join first_iterations
        on offers.strategies = 1
        and first_iterations.strategy_id = offers.strategy_id
),

judged as (
    select
        clicks.*,
        coalesce(named.strategy_id, routes.strategy_id) as strategy_id,
        coalesce(named.iteration_id, live.iteration_id) as candidate_iteration_id,
        coalesce(named.created_at, live.created_at) as candidate_created_at,
        case when named.iteration_id is not null then 'EXPLICIT' else 'DERIVED' end as candidate_method,
        case
            when named.iteration_id is not null then 'ATTRIBUTED'
            when routes.campaign_id is null then 'CAMPAIGN_NOT_FOUND'
            when routes.tune_offer_id is null then 'CAMPAIGN_WITHOUT_OFFER'
            when routes.strategies is null then 'STRATEGY_NOT_FOUND'
            when routes.strategies > 1 then 'SHARED_OFFER'
            when routes.first_iteration_at is null then 'NO_ITERATIONS'
            when clicks.clicked_at < routes.first_iteration_at then 'BEFORE_FIRST_ITERATION'
            when live.ended_at is null and clicks.clicked_at >= {{ instant(as_of) }} then 'CLICK_AFTER_BUILD'
            else 'ATTRIBUTED'
        end as attribution_status
    from {{ clicks }} as clicks
    left join {{ ref('iterations_with_end_time') }} as named
        on named.iteration_id = clicks.explicit_iteration_id
    left join routes
        on routes.campaign_id = clicks.campaign_id
    -- Windows of a strategy never overlap, so at most one is live: this join can't multiply rows.
    left join {{ ref('iterations_with_end_time') }} as live
        on live.strategy_id = routes.strategy_id
        and live.created_at <= clicks.clicked_at
        and (live.ended_at is null or clicks.clicked_at < live.ended_at)
),

attributed as (
    select
        judged.*,
        case when judged.attribution_status = 'ATTRIBUTED' then judged.candidate_iteration_id end as iteration_id,
        case when judged.attribution_status = 'ATTRIBUTED' then judged.candidate_method end as attribution_method,
        case
            when judged.attribution_status = 'ATTRIBUTED'
                then {{ microseconds_between('judged.candidate_created_at', 'judged.clicked_at') }}
        end as microseconds_into_iteration
    from judged
)
{%- endmacro %}
