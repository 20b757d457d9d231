-- Two windows of a strategy never overlap. An empty window overlaps nothing.
with windows as (

    select strategy_id, iteration_id, created_at, ended_at
    from {{ ref('iterations_with_end_time') }}
    where ended_at is null or created_at < ended_at

)

select
    earlier.strategy_id,
    earlier.iteration_id,
    later.iteration_id as overlapping_iteration_id
from windows as earlier
inner join windows as later
    on later.strategy_id = earlier.strategy_id
    and later.iteration_id <> earlier.iteration_id
    and later.created_at >= earlier.created_at
    and (earlier.ended_at is null or later.created_at < earlier.ended_at)
