with source as (

    select * from {{ ref('base_adgem__clicks') }}

),

renamed as (

    {{ deduplicated_clicks('source') }}

)

select * from renamed
