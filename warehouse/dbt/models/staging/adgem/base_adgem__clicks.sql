-- No CTEs: PostgreSQL inlines a plain view into the reading statement, but not one with CTEs, and gold reads every
-- click through this view.
select
    click_id,
    campaign_id,
    "timestamp" as clicked_at,
    iteration_id as explicit_iteration_id,
    loaded_at
from {{ source('adgem', 'clicks') }}
-- A click without id can't be found, and one without time can't be assigned to a window. Blank ids are left to the
-- readers: trimming every click is expensive, and no conversion has a blank click id.
where click_id is not null
  and "timestamp" is not null
