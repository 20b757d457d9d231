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

routed as (
    select
        clicks.*,
        named.iteration_id as named_iteration_id,
        named.strategy_id as named_strategy_id,
        named.created_at as named_created_at,
        routes.campaign_id as route_campaign_id,
        routes.tune_offer_id as route_offer_id,
        routes.strategies as route_strategies,
        routes.strategy_id as route_strategy_id,
        routes.first_iteration_at
        {%- if searches_windows() == 'true' %},
        -- The last start that is not after the click. Computed here, so that the array of all starts goes no further.
        routes.window_starts[width_bucket(clicks.clicked_at, routes.window_starts)] as window_start
        {%- endif %}
    from {{ clicks }} as clicks
    left join {{ ref('iterations_with_end_time') }} as named
        on named.iteration_id = clicks.explicit_iteration_id
    left join routes
        on routes.campaign_id = clicks.campaign_id
    {{- computed_once() }}
),

judged as (
    select
        routed.*,
        coalesce(routed.named_strategy_id, routed.route_strategy_id) as strategy_id,
        coalesce(routed.named_iteration_id, live.iteration_id) as candidate_iteration_id,
        coalesce(routed.named_created_at, live.created_at) as candidate_created_at,
        case when routed.named_iteration_id is null then routed.route_offer_id end as campaign_offer_id,
        case when routed.named_iteration_id is not null then 'EXPLICIT' else 'DERIVED' end as candidate_method,
        case
            when routed.named_iteration_id is not null then 'ATTRIBUTED'
            when routed.route_campaign_id is null then 'CAMPAIGN_NOT_FOUND'
            when routed.route_offer_id is null then 'CAMPAIGN_WITHOUT_OFFER'
            when routed.route_strategies is null then 'STRATEGY_NOT_FOUND'
            when routed.route_strategies > 1 then 'SHARED_OFFER'
            when routed.first_iteration_at is null then 'NO_ITERATIONS'
            when routed.clicked_at < routed.first_iteration_at then 'BEFORE_FIRST_ITERATION'
            when live.ended_at is null and routed.clicked_at >= {{ instant(as_of) }} then 'CLICK_AFTER_BUILD'
            else 'ATTRIBUTED'
        end as attribution_status
    from routed
    -- A strategy's windows never overlap, so at most one matches, and this join can't multiply rows. No click is later than the
    -- valid times.
    left join {{ ref('iterations_with_end_time') }} as live
        on live.strategy_id = routed.route_strategy_id
        and live.created_at <= routed.clicked_at
        and routed.clicked_at < coalesce(live.ended_at, {{ valid_before() }})
        {%- if searches_windows() == 'true' %}
        -- Redundant, and fast: PostgreSQL compares a click with this window only, instead of all windows of the strategy.
        and live.created_at = routed.window_start
        {%- endif %}
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
    select
        strategy_id,
        min(created_at) as created_at
        {%- if searches_windows() == 'true' %},
        array_agg(created_at order by created_at) as window_starts
        {%- endif %}
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
        {%- if searches_windows() == 'true' %},
        first_iterations.window_starts
        {%- endif %}
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
