-- Per iteration, strategy and goal: the days together have gold's conversions, payout, first and last conversion.
with added as (

    select
        iteration_id,
        strategy_id,
        coalesce(goal_reference_id, '(none)') as goal,
        1 as gold_rows,
        1 as conversions,
        coalesce(payout, 0) as payout
    from {{ ref('goal_complete_events_attributed') }}
    where attribution_status = 'ATTRIBUTED'

    union all

    select
        iteration_id,
        strategy_id,
        coalesce(goal_reference_id, '(none)') as goal,
        0 as gold_rows,
        -conversions as conversions,
        -payout as payout
    from {{ ref('iteration_metrics_daily') }}

)

select iteration_id, strategy_id, goal, sum(conversions) as conversions_amiss, sum(payout) as payout_amiss
from added
group by iteration_id, strategy_id, goal
having sum(conversions) <> 0 or sum(payout) <> 0
