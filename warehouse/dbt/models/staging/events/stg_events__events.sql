with source as (

    select * from {{ ref('base_events__events') }}

),

renamed as (

    {{ deduplicated_events('source') }}

)

select * from renamed
