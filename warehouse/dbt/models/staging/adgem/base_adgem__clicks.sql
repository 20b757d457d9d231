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
    -- A click without id can't be found and one without time can't be placed. Blank ids are left to the readers: to trim
    -- every click costs, and no conversion names a blank one.
    where click_id is not null
      and "timestamp" is not null

)

select * from renamed
