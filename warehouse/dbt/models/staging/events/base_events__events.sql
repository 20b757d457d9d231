with source as (

    select * from {{ source('events', 'events') }}

),

renamed as (

    select
        {{ text_id('event_id') }} as event_id,
        {{ compared_id('event_type') }} as event_type,
        {{ text_id('click_id') }} as click_id,
        {{ text_id('goal_reference_id') }} as goal_reference_id,
        -- PostgreSQL's numeric has NaN, which minus itself is NaN, not 0. It would make every sum NaN.
        case when payout - payout = 0 then payout end as payout,
        "timestamp" as converted_at,
        coalesce(case when {{ is_in_range('loaded_at') }} then loaded_at end, "timestamp") as loaded_at,
        loaded_at as source_loaded_at,
        case when {{ is_in_range('loaded_at') }} then false else true end as loaded_at_is_unknown,
        case when payout is null or payout - payout = 0 then false else true end as payout_is_not_a_number
    from source
    -- An event without id can't be de-duplicated, and one without a valid time has no day. Note that null <> '' is not
    -- true.
    where {{ is_not_blank('event_id') }}
      and {{ is_in_range('"timestamp"') }}

)

select * from renamed
