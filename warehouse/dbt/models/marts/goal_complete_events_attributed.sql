{{
    config(
        tags=['gold'],
        dist='event_id',
        sort=['converted_at', 'event_id'],
        post_hook=[
            "{{ index_on_postgres('event_id') }}",
            "{{ index_on_postgres('converted_at, event_id') }}",
            "{{ index_on_postgres('iteration_id, converted_at') }}",
            "{{ analyze_table() }}"
        ]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}

-- Redshift: distributed by a column that is never null and has no heavy value, so that every slice has its share: what
-- the service joins it with is small and stands on every node. Sorted by the time of the conversion, which bounds almost
-- every question and is the order of pages. Blocks are passed over by the first eight bytes of a value: that is all of a
-- time, but ids with a long common beginning look alike, so no id leads a sort key.
--
-- Only the clicks that a conversion names are looked at. A click that came more than once gives its conversion more
-- than one row until the end; the numbering there keeps the copy that stg_adgem__clicks would keep. Numbering last is
-- what makes this fast: planners take a numbering for a very selective filter and stop working in parallel after it.
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
        clicks.explicit_iteration_id
    from {{ ref('goal_complete_events') }} as events
    left join {{ ref('base_adgem__clicks') }} as clicks
        on clicks.click_id = events.click_id

),

{{ attribute_clicks('conversions', as_of) }},

numbered as (

    select
        attributed.*,
        row_number() over (
            partition by attributed.event_id
            order by {{ first_click_first('attributed') }}
        ) as copy_number
    from attributed

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
    -- Redshift need not take a literal for a varchar, which the contract wants.
    cast(
        case
            when click_id is null then 'NO_CLICK_ID'
            when clicked_at is null then 'CLICK_NOT_FOUND'
            else attribution_status
        end as varchar(32)
    ) as attribution_status,
    cast(attribution_method as varchar(32)) as attribution_method,
    microseconds_into_iteration
from numbered
where copy_number = 1
