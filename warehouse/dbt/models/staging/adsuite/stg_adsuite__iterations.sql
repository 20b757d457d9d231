with source as (

    select * from {{ source('adsuite', 'iterations') }}

),

-- Redshift enforces no keys. A second row with the same id would multiply conversions, so one is chosen here.
numbered as (

    select
        *,
        row_number() over (
            partition by iteration_id
            order by created_at asc, strategy_id asc, name asc nulls last
        ) as copy_number
    from source
    where iteration_id is not null
      and strategy_id is not null
      and {{ is_in_range('created_at') }}

),

renamed as (

    select
        iteration_id,
        strategy_id,
        name as iteration_name,
        created_at
    from numbered
    where copy_number = 1

)

select * from renamed
