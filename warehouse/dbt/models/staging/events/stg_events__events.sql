with source as (

    select
        events.*,
        case when events.loaded_at > {{ instant(run_started_at.isoformat()) }} then 1 else 0 end as is_ahead
    from {{ ref('base_events__events') }} as events

),

renamed as (

    {{ deduplicated_events('source') }}

)

select * from renamed
