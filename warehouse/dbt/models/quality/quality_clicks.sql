-- Faults of the clicks of conversions, and clicks without a key or with an invalid time. The only check that reads all
-- clicks; it reads them once, and the later steps use the few remaining rows.
--
-- All conversions of a click have the same campaign and iteration, so `conversions` has one row per click. Otherwise a row
-- of the click would count once per conversion.
{%- set future = clearly_in_the_future() %}
with conversions as (

    select distinct
        click_id,
        campaign_id,
        click_timestamp,
        case when attribution_method = 'EXPLICIT' then iteration_id end as explicit_iteration_id
    from {{ ref('goal_complete_events_attributed') }}
    where click_id is not null

),

-- A click without a key or a valid time joins nothing.
suspects as (

    select
        {{ text_id('clicks.click_id') }} as click_id,
        clicks.campaign_id,
        clicks.iteration_id,
        clicks."timestamp" as clicked_at,
        clicks.loaded_at,
        conversions.click_id as converted_click_id,
        conversions.campaign_id as counting_campaign_id,
        conversions.click_timestamp as counting_clicked_at,
        conversions.explicit_iteration_id as counting_iteration_id,
        case when named.iteration_id is null then clicks.iteration_id end as unknown_iteration_id,
        case
            when clicks.click_id is null or clicks."timestamp" is null or trim(clicks.click_id) = '' then 1
            else 0
        end as lacks_key
    from {{ source('adgem', 'clicks') }} as clicks
    left join conversions
        on {{ compared_id('conversions.click_id') }} = {{ compared_id('clicks.click_id') }}
        and {{ is_in_range('clicks."timestamp"') }}
    left join {{ ref('iterations_with_end_time') }} as named
        on named.iteration_id = clicks.iteration_id
    where (
        conversions.click_id is null
        and (
            clicks.click_id is null
            or clicks."timestamp" is null
            or {{ is_out_of_range('clicks."timestamp"') }}
            or trim(clicks.click_id) = ''
        )
    )
       or (
        conversions.click_id is not null
        and (
            clicks.campaign_id <> conversions.campaign_id
            or (clicks.iteration_id is not null and conversions.explicit_iteration_id is null)
            or clicks.iteration_id <> conversions.explicit_iteration_id
            or clicks."timestamp" > conversions.click_timestamp + interval '1 second'
        )
    )
       or clicks.loaded_at > {{ future }}

),

-- The copies' values that do not count. If an unknown iteration counts, it is among them.
click_copies as (

    select
        click_id,
        min(counting_campaign_id) as counting_campaign,
        max(case when campaign_id <> counting_campaign_id then campaign_id end) as other_campaign,
        min(counting_clicked_at) as counting_time,
        max(clicked_at) as latest_time,
        min(counting_iteration_id) as counting_iteration,
        min(
            case when counting_iteration_id is null or iteration_id <> counting_iteration_id then iteration_id end
        ) as lowest_iteration,
        max(
            case when counting_iteration_id is null or iteration_id <> counting_iteration_id then iteration_id end
        ) as highest_iteration
    from suspects
    where converted_click_id is not null
    group by click_id

),

click_conflicts as (

    select
        click_id,
        case
            when other_campaign is not null
                then ', campaign ' || {{ number_text('counting_campaign') }} || ' counts, '
                    || {{ number_text('other_campaign') }} || ' came too'
            else ''
        end as of_campaigns,
        case
            when counting_iteration is not null and highest_iteration is not null
                then ', iteration ' || {{ number_text('counting_iteration') }} || ' counts, '
                    || {{ number_text('highest_iteration') }} || ' came too'
            when lowest_iteration < highest_iteration
                then ', iterations ' || {{ number_text('lowest_iteration') }} || ' and '
                    || {{ number_text('highest_iteration') }} || ' came'
            else ''
        end as of_iterations,
        -- The copy that counts is the earliest. Up to a second may be two clocks or roundings of one click.
        case
            when latest_time > counting_time + interval '1 second'
                then ', time ' || {{ instant_text('counting_time') }} || ' counts, '
                    || {{ instant_text('latest_time') }} || ' came too'
            else ''
        end as of_times
    from click_copies

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
    where lacks_key = 1

),

out_of_range as (

    select click_id, min({{ any_instant_text('clicked_at') }}) as clicked_at_text
    from suspects
    where lacks_key = 0
      and {{ is_out_of_range('clicked_at') }}
    group by click_id

),

from_the_future as (

    select count(*) as found, min(click_id) as first_click, max(loaded_at) as latest
    from suspects
    where loaded_at > {{ future }}

),

faults as (

    select
        {{ fault('CLICK_CONFLICT', 'click_id') }},
        cast(0 as bigint) as subject_order,
        btrim(of_campaigns || of_iterations || of_times, ', ') as detail
    from click_conflicts
    where of_campaigns <> ''
       or of_iterations <> ''
       or of_times <> ''

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

    union all

    select
        {{ fault('CLICK_TIME_OUT_OF_RANGE', 'click_id') }},
        cast(0 as bigint) as subject_order,
        'adgem.clicks.timestamp: ' || clicked_at_text as detail
    from out_of_range

    union all

    select
        {{ fault('LOADED_IN_THE_FUTURE', "'adgem.clicks'") }},
        - found as subject_order,
        'rows: ' || {{ number_text('found') }} || coalesce(', one of them ' || first_click, '') || ', the latest '
            || {{ any_instant_text('latest') }} as detail
    from from_the_future
    where found > 0

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
