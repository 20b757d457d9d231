-- Faults of the clicks of conversions, and clicks without a key. The only check that reads all clicks; it reads them
-- once, and the later steps use the few remaining rows.
with conversions as (

    select click_id, campaign_id
    from {{ ref('goal_complete_events_attributed') }}
    where click_id is not null

),

-- A click without a key joins nothing, so a row without a conversion is a click without a key.
suspects as (

    select
        clicks.click_id,
        clicks.campaign_id,
        conversions.click_id as converted_click_id,
        conversions.campaign_id as counting_campaign_id,
        case when named.iteration_id is null then clicks.iteration_id end as unknown_iteration_id
    from {{ source('adgem', 'clicks') }} as clicks
    left join conversions
        on conversions.click_id = clicks.click_id
        and clicks."timestamp" is not null
    left join {{ ref('iterations_with_end_time') }} as named
        on named.iteration_id = clicks.iteration_id
    where (
        conversions.click_id is null
        and (clicks.click_id is null or clicks."timestamp" is null or trim(clicks.click_id) = '')
    )
       or (
        conversions.click_id is not null
        and (
            conversions.campaign_id is null
            or clicks.campaign_id <> conversions.campaign_id
            or (clicks.iteration_id is not null and named.iteration_id is null)
        )
    )

),

-- The copy that is kept is not among these, unless it has no campaign.
campaign_copies as (

    select
        click_id,
        min(counting_campaign_id) as counting_campaign,
        min(campaign_id) as lowest_campaign,
        max(campaign_id) as highest_campaign
    from suspects
    where converted_click_id is not null
      and (counting_campaign_id is null or campaign_id <> counting_campaign_id)
    group by click_id

),

unknown_iterations as (

    select
        unknown_iteration_id,
        count(distinct click_id) as clicks,
        min(click_id) as first_click
    from suspects
    where converted_click_id is not null
      and unknown_iteration_id is not null
    group by unknown_iteration_id

),

without_key as (

    select count(*) as left_out
    from suspects
    where converted_click_id is null

),

faults as (

    select
        {{ fault('CLICK_CONFLICT', 'click_id') }},
        cast(0 as bigint) as subject_order,
        'campaign ' || {{ number_text('counting_campaign') }} || ' counts, '
            || {{ number_text('highest_campaign') }} || ' came too' as detail
    from campaign_copies
    where counting_campaign is not null
       or lowest_campaign < highest_campaign

    union all

    select
        {{ fault('EXPLICIT_ITERATION_NOT_FOUND', 'unknown_iteration_id') }},
        - clicks as subject_order,
        'clicks: ' || {{ number_text('clicks') }} || ', one of them ' || first_click as detail
    from unknown_iterations

    union all

    select
        {{ fault('ROWS_WITHOUT_KEY', "'adgem.clicks'") }},
        - left_out as subject_order,
        'rows: ' || {{ number_text('left_out') }} as detail
    from without_key
    where left_out > 0

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
