{{
    config(
        tags=['gold'],
        post_hook=[
            "{{ index_on_postgres('event_id') }}",
            "{{ index_on_postgres('converted_at, event_id') }}",
            "{{ index_on_postgres('iteration_id, converted_at') }}",
            "{{ analyze_on_postgres() }}"
        ]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}

-- Only the clicks that a conversion names are looked at. A click that came more than once gives its conversion more
-- than one row here; the numbering keeps the copy that stg_adgem__clicks would keep, without sorting all clicks.
with conversions_with_clicks as (

    select
        conversions.event_id,
        conversions.click_id,
        conversions.goal_reference_id,
        conversions.payout,
        conversions.converted_at,
        conversions.loaded_at,
        clicks.clicked_at,
        clicks.campaign_id,
        clicks.explicit_iteration_id,
        row_number() over (
            partition by conversions.event_id
            order by {{ first_click_first('clicks') }}
        ) as copy_number
    from {{ ref('goal_complete_events') }} as conversions
    left join {{ ref('base_adgem__clicks') }} as clicks
        on clicks.click_id = conversions.click_id

),

conversions as (

    select * from conversions_with_clicks where copy_number = 1

),

attributed as (

    {{ attribute_clicks('conversions', as_of) }}

)

select
    event_id,
    click_id,
    goal_reference_id,
    payout,
    converted_at,
    loaded_at,
    clicked_at as click_timestamp,
    campaign_id,
    strategy_id,
    iteration_id,
    case
        when click_id is null then 'NO_CLICK_ID'
        when clicked_at is null then 'CLICK_NOT_FOUND'
        else attribution_status
    end as attribution_status,
    attribution_method,
    microseconds_into_iteration
from attributed
