with source as (

    select * from {{ source('adgem', 'clicks') }}

),

renamed as (

    select
        click_id,
        campaign_id,
        "timestamp" as clicked_at,
        iteration_id as explicit_iteration_id,
        loaded_at
    from source
    -- A click without id can't be found and one without time can't be placed; null <> '' is not true either.
    where trim(click_id) <> ''
      and "timestamp" is not null

)

select * from renamed
