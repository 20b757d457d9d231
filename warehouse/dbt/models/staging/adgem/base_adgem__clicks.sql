-- No CTEs here: PostgreSQL merges a plain view into the statement that reads it, but not one with CTEs, and gold reads
-- every click through this one.
select
    click_id,
    campaign_id,
    "timestamp" as clicked_at,
    iteration_id as explicit_iteration_id,
    loaded_at
from {{ source('adgem', 'clicks') }}
-- A click without id can't be found and one without time can't be placed. Blank ids are left to the readers: to trim
-- every click costs, and no conversion names a blank one.
where click_id is not null
  and "timestamp" is not null
