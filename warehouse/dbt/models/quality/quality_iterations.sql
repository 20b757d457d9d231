-- Faults of iterations in this build, and differences from earlier builds.
with iterations as (

    select * from {{ ref('iterations_with_end_time') }}

),

first_seen as (

    select * from {{ ref('iterations_first_seen') }}

),

edited as (

    select
        iterations.iteration_id,
        first_seen.created_at as sealed_created_at,
        iterations.created_at,
        first_seen.strategy_id as sealed_strategy_id,
        iterations.strategy_id
    from iterations
    inner join first_seen
        on first_seen.iteration_id = iterations.iteration_id
    where iterations.created_at <> first_seen.created_at
       or iterations.strategy_id <> first_seen.strategy_id

),

faults as (

    select
        {{ fault('CREATED_AT_EDITED', 'iteration_id') }},
        iteration_id as subject_order,
        {{ instant_text('sealed_created_at') }} || ' -> ' || {{ instant_text('created_at') }} as detail
    from edited
    where created_at <> sealed_created_at
    {{- unless_accepted('created_at', 'iteration_id', 'created_at') }}

    union all

    select
        {{ fault('STRATEGY_OF_ITERATION_EDITED', 'iteration_id') }},
        iteration_id as subject_order,
        'strategy ' || {{ number_text('sealed_strategy_id') }} || ' -> ' || {{ number_text('strategy_id') }} as detail
    from edited
    where strategy_id <> sealed_strategy_id
    {{- unless_accepted('strategy_id', 'iteration_id', 'strategy_id') }}

    union all

    select
        {{ fault('ITERATION_GONE', 'first_seen.iteration_id') }},
        first_seen.iteration_id as subject_order,
        'strategy ' || {{ number_text('first_seen.strategy_id') }} || ', '
            || {{ instant_text('first_seen.created_at') }} as detail
    from first_seen
    left join iterations
        on iterations.iteration_id = first_seen.iteration_id
    where iterations.iteration_id is null
    {{- unless_accepted('gone', 'first_seen.iteration_id', 'iterations.iteration_id') }}

    union all

    -- The iteration with the empty window.
    select
        {{ fault('ITERATIONS_BEGIN_TOGETHER', 'iteration_id') }},
        iteration_id as subject_order,
        'strategy ' || {{ number_text('strategy_id') }} || ', ' || {{ instant_text('created_at') }} as detail
    from iterations
    where ended_at = created_at

    union all

    select
        {{ fault('ITERATION_WITHOUT_STRATEGY', 'iterations.iteration_id') }},
        iterations.iteration_id as subject_order,
        'strategy ' || {{ number_text('iterations.strategy_id') }} as detail
    from iterations
    left join {{ ref('strategies') }} as strategies
        on strategies.strategy_id = iterations.strategy_id
    where strategies.strategy_id is null

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
