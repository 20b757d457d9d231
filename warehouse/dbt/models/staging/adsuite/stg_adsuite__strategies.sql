with source as (

    select * from {{ source('adsuite', 'strategies') }}

),

-- Redshift enforces no keys. A second row with the same id would multiply conversions, so one is chosen here.
numbered as (

    select
        *,
        row_number() over (
            partition by id
            order by
                case when {{ is_in_range('created_at') }} then 0 else 1 end,
                created_at asc nulls last,
                tune_offer_id asc nulls last,
                name asc nulls last
        ) as copy_number
    from source
    where id is not null

),

renamed as (

    select
        id as strategy_id,
        name as strategy_name,
        tune_offer_id,
        -- Attribution does not use it, so a strategy with a time out of range is kept. The bounds are valid for the contract
        -- and the service, and keep the order.
        case
            when created_at < {{ valid_from() }} then {{ valid_from() }}
            when created_at >= {{ valid_before() }} then {{ valid_before() }} - interval '1 microsecond'
            else created_at
        end as created_at
    from numbered
    where copy_number = 1

)

select * from renamed
