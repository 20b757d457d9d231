with source as (

    select * from {{ source('adsuite', 'strategies') }}

),

-- Redshift enforces no keys. A second row with the same id would multiply conversions, so one is chosen here.
numbered as (

    select
        *,
        row_number() over (
            partition by id
            order by created_at asc nulls last, tune_offer_id asc nulls last, name asc nulls last
        ) as copy_number
    from source
    where id is not null

),

renamed as (

    select
        id as strategy_id,
        name as strategy_name,
        tune_offer_id,
        created_at
    from numbered
    where copy_number = 1

)

select * from renamed
