-- The newest build's counts match the current table.
with newest as (

    select builds.*
    from {{ ref('attribution_builds') }} as builds
    where builds.build_number = (select max(build_number) from {{ ref('attribution_builds') }})

),

recorded as (

    select 'ATTRIBUTED' as status, attributed as conversions from newest
    {%- for status in [
        'NO_CLICK_ID', 'CLICK_NOT_FOUND', 'CAMPAIGN_NOT_FOUND', 'CAMPAIGN_WITHOUT_OFFER', 'STRATEGY_NOT_FOUND',
        'SHARED_OFFER', 'NO_ITERATIONS', 'BEFORE_FIRST_ITERATION', 'CLICK_AFTER_BUILD'
    ] %}
    union all
    select '{{ status }}' as status, {{ status | lower }} as conversions from newest
    {%- endfor %}

),

counted as (

    select attribution_status as status, count(*) as conversions
    from {{ ref('goal_complete_events_attributed') }}
    group by attribution_status

)

select recorded.status, recorded.conversions, counted.conversions as counted
from recorded
left join counted on counted.status = recorded.status
where recorded.conversions <> coalesce(counted.conversions, 0)
