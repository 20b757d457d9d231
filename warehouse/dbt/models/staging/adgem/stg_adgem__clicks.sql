with source as (

    select *
    from {{ ref('base_adgem__clicks') }}
    where trim(click_id) <> ''

),

renamed as (

    {{ deduplicated_clicks('source') }}

)

select * from renamed
