-- An attributed conversion's iteration exists, belongs to its strategy and, if derived, was live at the click.
select gold.event_id, gold.iteration_id
from {{ ref('goal_complete_events_attributed') }} as gold
left join {{ ref('iterations_with_end_time') }} as iterations
    on iterations.iteration_id = gold.iteration_id
where gold.iteration_id is not null
  and (
        iterations.iteration_id is null
        or iterations.strategy_id <> gold.strategy_id
        or (
            gold.attribution_method = 'DERIVED'
            and (gold.click_timestamp < iterations.created_at or gold.click_timestamp >= iterations.ended_at)
        )
    )
