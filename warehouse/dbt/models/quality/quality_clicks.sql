-- Faults of the clicks of conversions, by what conversion_clicks knows of their copies; rows of the source with an invalid time
-- or from the future; and rows without a key, among those that the build has read: the first one all, a later one those that
-- were loaded since its look-back or have no valid loaded_at. The nightly tests look for such rows among all clicks.
{%- set future = clearly_in_the_future() %}
{%- set since = literal_instant(clicks_last_read_from(ref('clicks_by_quarter_hour'))) %}
with converted as (

    select
        clicks.click_id,
        min(clicks.campaign_id) as campaign_id,
        min(clicks.clicked_at) as clicked_at,
        min(clicks.explicit_iteration_id) as explicit_iteration_id,
        max(clicks.last_clicked_at) as last_clicked_at,
        min(clicks.lowest_campaign_id) as lowest_campaign_id,
        max(clicks.highest_campaign_id) as highest_campaign_id,
        min(clicks.lowest_iteration_id) as lowest_iteration_id,
        max(clicks.highest_iteration_id) as highest_iteration_id
    from {{ ref('conversion_clicks') }} as clicks
    inner join {{ ref('goal_complete_events') }} as events
        on events.event_id = clicks.event_id
        and events.click_id = clicks.click_id
    where clicks.clicked_at is not null
    {%- if var('click_window_days') == 0 %}
      -- Without a window, all conversions of a click have the same copies, and few have something to report.
      and (
        clicks.highest_iteration_id is not null
        or clicks.lowest_campaign_id < clicks.highest_campaign_id
        or clicks.last_clicked_at > clicks.clicked_at + interval '1 second'
      )
    {%- endif %}
    group by clicks.click_id

),

-- The values that do not count, of the few clicks whose copies differ.
click_copies as (

    select
        converted.*,
        named.iteration_id as counting_iteration_id,
        case
            when converted.highest_campaign_id <> converted.campaign_id then converted.highest_campaign_id
            when converted.lowest_campaign_id <> converted.campaign_id then converted.lowest_campaign_id
        end as other_campaign_id,
        case
            when converted.highest_iteration_id <> named.iteration_id then converted.highest_iteration_id
            when converted.lowest_iteration_id <> named.iteration_id then converted.lowest_iteration_id
        end as other_iteration_id
    from converted
    left join {{ ref('iterations_with_end_time') }} as named
        on named.iteration_id = converted.explicit_iteration_id
    where converted.lowest_campaign_id < converted.highest_campaign_id
       or converted.lowest_iteration_id < converted.highest_iteration_id
       or converted.last_clicked_at > converted.clicked_at + interval '1 second'

),

click_conflicts as (

    select
        click_id,
        case
            when other_campaign_id is not null
                then ', campaign ' || {{ number_text('campaign_id') }} || ' counts, '
                    || {{ number_text('other_campaign_id') }} || ' came too'
            else ''
        end as of_campaigns,
        case
            when other_iteration_id is not null
                then ', iteration ' || {{ number_text('counting_iteration_id') }} || ' counts, '
                    || {{ number_text('other_iteration_id') }} || ' came too'
            when counting_iteration_id is null and lowest_iteration_id < highest_iteration_id
                then ', iterations ' || {{ number_text('lowest_iteration_id') }} || ' and '
                    || {{ number_text('highest_iteration_id') }} || ' came'
            else ''
        end as of_iterations,
        -- The copy that counts is the earliest. Up to a second may be two clocks or roundings of one click.
        case
            when last_clicked_at > clicked_at + interval '1 second'
                then ', time ' || {{ instant_text('clicked_at') }} || ' counts, '
                    || {{ instant_text('last_clicked_at') }} || ' came too'
            else ''
        end as of_times
    from click_copies

),

named_iterations as (

    select click_id, explicit_iteration_id as iteration_id from converted where explicit_iteration_id is not null
    union
    select click_id, lowest_iteration_id as iteration_id from converted where lowest_iteration_id is not null
    union
    select click_id, highest_iteration_id as iteration_id from converted where highest_iteration_id is not null

),

unknown_iterations as (

    select
        named_iterations.iteration_id as unknown_iteration_id,
        count(*) as clicks,
        min(named_iterations.click_id) as first_click
    from named_iterations
    left join {{ ref('iterations_with_end_time') }} as iterations
        on iterations.iteration_id = named_iterations.iteration_id
    where iterations.iteration_id is null
    group by named_iterations.iteration_id

),

-- Quarter-hours in which a window begins, and which clicks_by_quarter_hour could not divide.
undivided as (

    select
        iterations.iteration_id,
        sum(entries.clicks) as clicks,
        min(entries.clicked_at) as quarter_at
    from {{ ref('clicks_by_quarter_hour') }} as entries
    inner join {{ ref('stg_adgem__campaigns') }} as campaigns
        on campaigns.campaign_id = entries.campaign_id
    inner join {{ ref('strategies') }} as strategies
        on strategies.tune_offer_id = campaigns.tune_offer_id
    inner join {{ ref('iterations_with_end_time') }} as iterations
        on iterations.strategy_id = strategies.strategy_id
        and {{ quarter_hour('iterations.created_at') }} = entries.clicked_at
        and iterations.created_at <> entries.clicked_at
    left join {{ ref('iterations_with_end_time') }} as named
        on named.iteration_id = entries.explicit_iteration_id
    where entries.is_exact = 0
      and named.iteration_id is null
    group by iterations.iteration_id
    having sum(entries.clicks) <> 0

),

recent as (

    select
        {{ text_id('clicks.click_id') }} as click_id,
        clicks.loaded_at,
        case
            when clicks.click_id is null or clicks."timestamp" is null or trim(clicks.click_id) = '' then 1
            else 0
        end as lacks_key
    from {{ source('adgem', 'clicks') }} as clicks
    where (
        clicks.loaded_at >= {{ since }}
        or (
            (clicks.loaded_at is null or clicks.loaded_at < {{ valid_from() }})
            and (
                clicks."timestamp" >= {{ since }}
                or clicks."timestamp" is null
                or clicks."timestamp" < {{ valid_from() }}
            )
        )
    )
      and (
        clicks.loaded_at > {{ future }}
        or clicks."timestamp" is null
        or clicks.click_id is null
        or trim(clicks.click_id) = ''
    )

),

without_key as (

    select count(*) as left_out
    from recent
    where lacks_key = 1

),

-- Of all clicks: an index, or the bounds of blocks, leads to these few.
out_of_range as (

    select
        {{ text_id('click_id') }} as click_id,
        min({{ any_instant_text('"timestamp"') }}) as clicked_at_text
    from {{ source('adgem', 'clicks') }}
    where {{ is_out_of_range('"timestamp"') }}
      and trim(click_id) <> ''
    group by {{ text_id('click_id') }}

),

from_the_future as (

    select count(*) as found, min(click_id) as first_click, max(loaded_at) as latest
    from recent
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
        {{ fault('CLICKS_NOT_DIVIDED', 'iteration_id') }},
        - clicks as subject_order,
        'clicks: ' || {{ number_text('clicks') }} || ', the first in the quarter-hour from '
            || {{ instant_text('quarter_at') }} as detail
    from undivided

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
