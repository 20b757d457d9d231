-- Sequences are 1, 2, 3 …; each window ends at the start of the next; only the last one is open.
with windows as (

    select strategy_id, iteration_id, sequence, created_at, ended_at
    from {{ ref('iterations_with_end_time') }}

),

firsts as (

    select strategy_id, min(sequence) as first_sequence
    from windows
    group by strategy_id

)

select windows.strategy_id, windows.sequence
from windows
left join windows as next_window
    on next_window.strategy_id = windows.strategy_id
    and next_window.sequence = windows.sequence + 1
where windows.ended_at < windows.created_at
   or (windows.ended_at is null and next_window.iteration_id is not null)
   or (windows.ended_at is not null and next_window.iteration_id is null)
   or windows.ended_at <> next_window.created_at

union all

select strategy_id, first_sequence
from firsts
where first_sequence <> 1
