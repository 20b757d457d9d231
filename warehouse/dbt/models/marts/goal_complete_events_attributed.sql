{{
    config(
        tags=['gold'],
        dist='event_id',
        sort=['converted_at', 'event_id'],
        post_hook=[
            "{{ index_on_postgres('event_id') }}",
            "{{ index_on_postgres('converted_at, event_id') }}",
            "{{ index_on_postgres('iteration_id, converted_at') }}",
            "{{ mark_build() }}",
            "{{ analyze_table() }}"
        ]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}

-- Redshift: distributed by a column without nulls or frequent values, so that slices are equally full; the tables that
-- the service joins with it are small and on every node. Sorted by the time of the conversion, which bounds most
-- queries and is the order of pages. Zone maps use the first eight bytes of a value: a complete timestamp, but not ids
-- with a common prefix, so no id leads a sort key.
with conversions as (

    select
        events.event_id,
        events.click_id,
        events.goal_reference_id,
        events.payout,
        events.converted_at,
        events.loaded_at,
        clicks.clicked_at,
        clicks.campaign_id,
        clicks.explicit_iteration_id,
        clicks.click_loaded_at
    from {{ ref('goal_complete_events') }} as events
    left join {{ ref('conversion_clicks') }} as clicks
        on clicks.event_id = events.event_id
        and clicks.click_id = events.click_id

),

{{ attribute_clicks('conversions', as_of) }}

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
    -- Redshift may not accept a literal as the varchar that the contract requires.
    cast(
        case
            when click_id is null then 'NO_CLICK_ID'
            when clicked_at is null then 'CLICK_NOT_FOUND'
            else attribution_status
        end as varchar(32)
    ) as attribution_status,
    cast(attribution_method as varchar(32)) as attribution_method,
    microseconds_into_iteration,
    click_loaded_at,
    campaign_offer_id,
    case when attribution_method = 'EXPLICIT' then explicit_iteration_id end as explicit_iteration_id,
    iteration_created_at
from attributed
