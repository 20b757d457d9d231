-- The open intervals of the history have gold's counts, sums and extremes.
with open_intervals as (

    select
        attribution_status,
        count(iteration_id) as with_iteration,
        sum(cast(iteration_id as numeric(38, 0))) as iterations,
        {{ conversion_totals() }}
    from {{ ref('attribution_history') }}
    where until_build_number is null
    group by attribution_status

),

gold as (

    select
        attribution_status,
        count(iteration_id) as with_iteration,
        sum(cast(iteration_id as numeric(38, 0))) as iterations,
        {{ conversion_totals() }}
    from {{ ref('goal_complete_events_attributed') }}
    group by attribution_status

)

select
    gold.attribution_status,
    open_intervals.attribution_status as history_status,
    gold.conversions,
    open_intervals.conversions as history_conversions
from gold
full outer join open_intervals
    on open_intervals.attribution_status = gold.attribution_status
where gold.attribution_status is null
   or open_intervals.attribution_status is null
   {%- for column in [
       'with_iteration', 'iterations', 'conversions', 'with_click_id', 'with_goal', 'payout', 'first_converted_at',
       'last_converted_at', 'last_loaded_at'
   ] %}
   or {{ differs('gold.' ~ column, 'open_intervals.' ~ column) }}
   {%- endfor %}
