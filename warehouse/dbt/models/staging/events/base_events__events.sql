with source as (

    select * from {{ source('events', 'events') }}

),

renamed as (

    select
        event_id,
        event_type,
        case when trim(click_id) <> '' then click_id end as click_id,
        goal_reference_id,
        payout,
        "timestamp" as converted_at,
        coalesce(loaded_at, "timestamp") as loaded_at,
        loaded_at as source_loaded_at
    from source
    -- An event without id can't be de-duplicated, and one without time has no day. Note that null <> '' is not true.
    where trim(event_id) <> ''
      and "timestamp" is not null

)

select * from renamed
