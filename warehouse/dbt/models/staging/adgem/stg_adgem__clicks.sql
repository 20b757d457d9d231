with source as (

    select
        clicks.click_id,
        coalesce(completed.campaign_id, clicks.campaign_id) as campaign_id,
        clicks.clicked_at,
        coalesce(completed.explicit_iteration_id, clicks.explicit_iteration_id) as explicit_iteration_id,
        clicks.loaded_at
    from {{ ref('base_adgem__clicks') }} as clicks
    left join {{ ref('stg_adgem__completed_clicks') }} as completed
        on completed.click_id = clicks.click_id
    where trim(clicks.click_id) <> ''

),

renamed as (

    {{ deduplicated_clicks('source') }}

)

select * from renamed
