-- Per iteration, strategy, goal and day, the sums equal gold: conversions, payout, first and last conversion.
with daily as (

    select
        iteration_id,
        strategy_id,
        goal_reference_id,
        conversion_day,
        sum(conversions) as conversions,
        sum(payout) as payout,
        min(first_converted_at) as first_converted_at,
        max(last_converted_at) as last_converted_at
    from {{ ref('iteration_metrics_daily') }}
    group by iteration_id, strategy_id, goal_reference_id, conversion_day

),

gold as (

    select
        iteration_id,
        strategy_id,
        goal_reference_id,
        {{ utc_day('converted_at') }} as conversion_day,
        count(*) as conversions,
        coalesce(sum(payout), 0) as payout,
        min(converted_at) as first_converted_at,
        max(converted_at) as last_converted_at
    from {{ ref('goal_complete_events_attributed') }}
    where attribution_status = 'ATTRIBUTED'
    group by iteration_id, strategy_id, goal_reference_id, {{ utc_day('converted_at') }}

),

missing as (

    select * from gold
    except
    select * from daily

),

surplus as (

    select * from daily
    except
    select * from gold

)

select 'missing in the days' as fault, iteration_id, conversion_day from missing
union all
select 'not in gold' as fault, iteration_id, conversion_day from surplus
