-- Edits of an iteration without a record could not be detected.
select iterations.iteration_id
from {{ ref('iterations_with_end_time') }} as iterations
left join {{ ref('iterations_first_seen') }} as first_seen
    on first_seen.iteration_id = iterations.iteration_id
where first_seen.iteration_id is null
