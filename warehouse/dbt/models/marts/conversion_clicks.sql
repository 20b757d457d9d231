{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_id',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['silver'],
        dist='event_id',
        sort='event_id',
        post_hook=[
            "{{ lasting_index_on_postgres('conversion_clicks_event_id', 'event_id') }}",
            "{{ lasting_index_on_postgres('conversion_clicks_read_at', 'read_at') }}",
            "{{ analyze_table() }}"
        ]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}
{%- set window_days = var('click_window_days') %}
{%- set conversions -%}
select
        event_id,
        click_id,
        converted_at
    from {{ ref('goal_complete_events') }}
    where click_id is not null
{%- endset %}
{#- The conversions whose clicks are looked up among all clicks. is_new is 0 if their row says that they have none. -#}
{%- set unmatched -%}
{%- if is_incremental() -%}
select
        conversions.*,
        case when known.event_id is null then 1 else 0 end as is_new
    from (
    {{ conversions }}
    ) as conversions
    left join {{ this }} as known
        on known.event_id = conversions.event_id
        and known.click_id = conversions.click_id
        and known.converted_at = conversions.converted_at
    where known.event_id is null
       {%- if window_days > 0 %}
       or (
           known.clicked_at is null
           and known.converted_at >= {{ instant(as_of) }} - {{ exact_days(window_days) }}
       )
       {%- else %}
       or known.clicked_at is null
       {%- endif %}
{%- else -%}
{{ conversions }}
{%- endif -%}
{%- endset %}
{%- set first_conversion = literal_instant(
    '(select coalesce(min(converted_at), ' ~ valid_before() ~ ') from (' ~ unmatched ~ ') as unmatched)'
) if window_days > 0 %}

-- Redshift: distributed and sorted by the key of gold's join.
--
-- Gold reads this table instead of the clicks, so a build's cost does not follow the number of clicks, and a click that the
-- source has deleted is not lost: a full refresh keeps the rows, too.
--
-- A run looks up the clicks of new conversions among all clicks, and compares the clicks that were loaded since the last run
-- with all conversions. A conversion without a click is looked up again in each run, for a click that arrives after the
-- look-back; with click_window_days for that many days, so that old ones do not keep old clicks from being skipped.
--
-- A kept row represents the copies that its fields came from, and is compared with the copies found now, so the result does
-- not depend on the order in which copies and conversions arrive.
with unmatched as (

    {{ unmatched }}

),
{%- if is_incremental() %}

-- A click without loaded_at counts as loaded when it happened.
new_clicks as (

    select clicks.*
    from {{ ref('base_adgem__clicks') }} as clicks
    where {{ loaded_since('clicks', literal_instant(clicks_read_from(this))) }}

),
{%- endif %}

found as (

    select
        conversions.event_id,
        conversions.click_id,
        conversions.converted_at,
        clicks.clicked_at,
        clicks.campaign_id,
        clicks.explicit_iteration_id,
        clicks.loaded_at as click_loaded_at
    from unmatched as conversions
    left join {{ ref('base_adgem__clicks') }} as clicks
        on clicks.click_id = {{ compared_id('conversions.click_id') }}
        {{- within_click_window('clicks.clicked_at', 'conversions.converted_at') }}
        {%- if window_days > 0 %}
        -- Redundant, but a literal, so that a warehouse can skip older blocks.
        {{- within_click_window('clicks.clicked_at', first_conversion) }}
        {%- endif %}
    {%- if is_incremental() %}
    -- A row without a click is not replaced by an equal one.
    where conversions.is_new = 1
       or clicks.click_id is not null

    union all

    select
        conversions.event_id,
        conversions.click_id,
        conversions.converted_at,
        clicks.clicked_at,
        clicks.campaign_id,
        clicks.explicit_iteration_id,
        clicks.loaded_at as click_loaded_at
    from new_clicks as clicks
    inner join (
        {{ conversions }}
    ) as conversions
        on {{ compared_id('conversions.click_id') }} = clicks.click_id
        {{- within_click_window('clicks.clicked_at', 'conversions.converted_at') }}
    {%- endif %}

),
{%- if is_incremental() %}

kept as (

    select
        conversions.event_id,
        conversions.click_id,
        conversions.converted_at,
        known.clicked_at,
        known.campaign_clicked_at,
        known.campaign_id,
        known.iteration_clicked_at,
        known.iteration_campaign_id,
        known.explicit_iteration_id,
        {% if has_column('conversion_clicks', 'click_loaded_at') | trim == 'true' %}known.click_loaded_at{% else %}cast(null as timestamptz){% endif %} as click_loaded_at,
        known.last_clicked_at,
        known.lowest_campaign_id,
        known.highest_campaign_id,
        known.lowest_iteration_id,
        known.highest_iteration_id
    from {{ this }} as known
    inner join (
        select
            event_id,
            click_id,
            converted_at
        from found
        group by event_id, click_id, converted_at
    ) as conversions
        on conversions.event_id = known.event_id
        and conversions.click_id = known.click_id

),
{%- endif %}

copies as (

    select
        found.*,
        cast(null as timestamptz) as last_clicked_at
        {%- for column in ['lowest_campaign_id', 'highest_campaign_id', 'lowest_iteration_id', 'highest_iteration_id'] %},
        cast(null as bigint) as {{ column }}
        {%- endfor %}
    from found
    {%- if is_incremental() %}
    {%- for clicked_at, campaign_id, iteration_id, click_loaded_at in [
        ['clicked_at', 'cast(null as bigint)', 'cast(null as bigint)', 'click_loaded_at'],
        ['campaign_clicked_at', 'campaign_id', 'cast(null as bigint)', 'cast(null as timestamptz)'],
        ['iteration_clicked_at', 'iteration_campaign_id', 'explicit_iteration_id', 'cast(null as timestamptz)']
    ] %}

    union all

    select
        event_id,
        click_id,
        converted_at,
        {{ clicked_at }},
        {{ campaign_id }},
        {{ iteration_id }},
        {{ click_loaded_at }},
        last_clicked_at,
        lowest_campaign_id,
        highest_campaign_id,
        lowest_iteration_id,
        highest_iteration_id
    from kept
    where {{ clicked_at }} is not null
    {{- within_click_window(clicked_at, 'converted_at') }}
    {%- endfor %}
    {%- endif %}

),

ranked as (

    select
        copies.*,
        min(copies.clicked_at) over (partition by copies.event_id) as first_clicked_at,
        row_number() over (
            partition by event_id
            order by case when campaign_id is null then 1 else 0 end, {{ first_click_first('copies') }}
        ) as campaign_rank,
        row_number() over (
            partition by event_id
            order by case when explicit_iteration_id is null then 1 else 0 end, {{ first_click_first('copies') }}
        ) as iteration_rank
    from copies

)

select
    event_id,
    click_id,
    converted_at,
    min(clicked_at) as clicked_at,
    max(case when campaign_rank = 1 and campaign_id is not null then clicked_at end) as campaign_clicked_at,
    max(case when campaign_rank = 1 then campaign_id end) as campaign_id,
    max(case when iteration_rank = 1 and explicit_iteration_id is not null then clicked_at end) as iteration_clicked_at,
    max(case when iteration_rank = 1 and explicit_iteration_id is not null then campaign_id end) as iteration_campaign_id,
    max(case when iteration_rank = 1 then explicit_iteration_id end) as explicit_iteration_id,
    -- Of all copies, for the check CLICK_CONFLICT.
    max(coalesce(last_clicked_at, clicked_at)) as last_clicked_at,
    min(coalesce(lowest_campaign_id, campaign_id)) as lowest_campaign_id,
    max(coalesce(highest_campaign_id, campaign_id)) as highest_campaign_id,
    min(coalesce(lowest_iteration_id, explicit_iteration_id)) as lowest_iteration_id,
    max(coalesce(highest_iteration_id, explicit_iteration_id)) as highest_iteration_id,
    -- The order of the copies has no loaded_at, so of equal copies the one that was loaded first.
    min(case when clicked_at = first_clicked_at then click_loaded_at end) as click_loaded_at,
    -- The next run reads clicks that were loaded from here on, less the look-back.
    least({{ instant(as_of) }}, {{ run_clock() }}) as read_at
from ranked
group by event_id, click_id, converted_at
