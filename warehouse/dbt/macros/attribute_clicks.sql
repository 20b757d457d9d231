{#-
  The only implementation of the rule that finds a click's iteration.

  clicks: a relation (or CTE) with clicked_at, campaign_id and explicit_iteration_id. Other columns are kept. Each row
          gives exactly one row.
  as_of:  the build's time, RFC 3339. This build ends the last, open window of each strategy there.

  Renders a list of CTEs for the query's WITH, because Redshift has no nested WITH. The last CTE, `attributed`, has the
  rows. It adds strategy_id, iteration_id, iteration_created_at, attribution_status, attribution_method,
  microseconds_into_iteration and campaign_offer_id, the campaign's offer unless the click's own iteration decided. The
  status is the first reason that applies, in the order of the case expression.

  If a release changes the rule, so that the same rows give another result, raise rule_version.
-#}
{% macro attribute_clicks(clicks, as_of) -%}
{{ campaign_routes() }},

judged as (
    select
        clicks.*,
        coalesce(named.strategy_id, routes.strategy_id) as strategy_id,
        coalesce(named.iteration_id, live.iteration_id) as candidate_iteration_id,
        coalesce(named.created_at, live.created_at) as candidate_created_at,
        case when named.iteration_id is null then routes.tune_offer_id end as campaign_offer_id,
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
    -- A strategy's windows never overlap, so at most one matches, and this join can't multiply rows. No click is later than the
    -- valid times.
    left join {{ ref('iterations_with_end_time') }} as live
        on live.strategy_id = routes.strategy_id
        and live.created_at <= clicks.clicked_at
        and clicks.clicked_at < coalesce(live.ended_at, {{ valid_before() }})
    {{- computed_once() }}
),

attributed as (
    select
        judged.*,
        case when judged.attribution_status = 'ATTRIBUTED' then judged.candidate_iteration_id end as iteration_id,
        case when judged.attribution_status = 'ATTRIBUTED' then judged.candidate_created_at end as iteration_created_at,
        case when judged.attribution_status = 'ATTRIBUTED' then judged.candidate_method end as attribution_method,
        case
            when judged.attribution_status = 'ATTRIBUTED'
                then {{ microseconds_between('judged.candidate_created_at', 'judged.clicked_at') }}
        end as microseconds_into_iteration
    from judged
)
{%- endmacro %}

{#-
  From a campaign to its strategy: a list of CTEs for a query's WITH. The last one, `routes`, has one row per campaign, with
  the number of strategies that have its offer, and the strategy if it is the only one.
-#}
{% macro campaign_routes() -%}
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

-- One row per campaign. The strategy is set only if exactly one has the offer.
routes as (
    select
        campaigns.campaign_id,
        campaigns.campaign_name,
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
    {{- computed_once() }}
)
{%- endmacro %}

{#- The version of this rule. Each build records it, so that a change that a release caused is not taken for one of the data. -#}
{% macro rule_version() -%}
1
{%- endmacro %}
