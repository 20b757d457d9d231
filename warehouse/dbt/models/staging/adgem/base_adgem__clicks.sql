select
    {{ compared_id('clicks.click_id') }} as click_id,
    clicks.campaign_id,
    clicks."timestamp" as clicked_at,
    clicks.iteration_id as explicit_iteration_id,
    case when {{ is_in_range('clicks.loaded_at') }} then clicks.loaded_at end as loaded_at,
    clicks.loaded_at as source_loaded_at
from {{ source('adgem', 'clicks') }} as clicks
-- Blank ids are left to the readers: trimming every click is expensive, and no conversion has a blank click id.
where {{ is_usable_click('clicks') }}
