-- No CTEs: PostgreSQL inlines a plain view into the reading statement, but not one with CTEs, and gold reads every
-- click through this view.
select
    {{ compared_id('clicks.click_id') }} as click_id,
    coalesce(completed.campaign_id, clicks.campaign_id) as campaign_id,
    clicks."timestamp" as clicked_at,
    coalesce(completed.explicit_iteration_id, clicks.iteration_id) as explicit_iteration_id,
    case when {{ is_in_range('clicks.loaded_at') }} then clicks.loaded_at end as loaded_at
from {{ source('adgem', 'clicks') }} as clicks
left join {{ ref('stg_adgem__completed_clicks') }} as completed
    on {{ compared_id('completed.click_id') }} = {{ compared_id('clicks.click_id') }}
-- Blank ids are left to the readers: trimming every click is expensive, and no conversion has a blank click id.
where {{ is_usable_click('clicks') }}
