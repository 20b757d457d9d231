{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='counted_through',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['gold'],
        dist='campaign_id',
        sort='clicked_at',
        pre_hook=["{{ require_counted_clicks() }}"],
        post_hook=[
            "{{ lasting_index_on_postgres('clicks_by_quarter_hour_counted', 'counted_through') }}",
            "{{ lasting_index_on_postgres('clicks_by_quarter_hour_at', 'campaign_id, clicked_at') }}",
            "{{ lasting_index_on_postgres('clicks_by_quarter_hour_exact', 'campaign_id, clicked_at', 'is_exact = 1') }}",
            "{{ analyze_table() }}"
        ]
    )
}}
{%- set as_of = instant(var('as_of', run_started_at.isoformat())) %}
{%- set present = run_clock() %}
{#- Marks the rows that the next run replaces. -#}
{%- set open = valid_before() %}
{%- set from = literal_instant(clicks_counted_through(this)) if is_incremental() else instant('0001-01-01T00:00:00Z') %}
{%- set checks_bound = is_incremental() and var('literal_bounds', true) %}
{%- set until = 'greatest(' ~ from ~ ', least(' ~ as_of ~ ', ' ~ present ~ ") - interval '" ~ var('lookback_hours') ~ " hours')" %}
{%- set base -%}
select
            clicks.click_id,
            clicks.campaign_id,
            clicks.clicked_at,
            clicks.explicit_iteration_id,
            coalesce(clicks.loaded_at, clicks.clicked_at) as loaded_at
        from {{ ref('base_adgem__clicks') }} as clicks
{%- endset %}
{%- set edges -%}
select
        campaigns.campaign_id,
        {{ quarter_hour('iterations.created_at') }} as quarter_at
    from {{ ref('stg_adgem__campaigns') }} as campaigns
    inner join {{ ref('strategies') }} as strategies
        on strategies.tune_offer_id = campaigns.tune_offer_id
    inner join {{ ref('iterations_with_end_time') }} as iterations
        on iterations.strategy_id = strategies.strategy_id
    where iterations.created_at <> {{ quarter_hour('iterations.created_at') }}

    union

    select
        campaign_id,
        {{ quarter_hour(as_of) }} as quarter_at
    from {{ ref('stg_adgem__campaigns') }}
    where {{ as_of }} <> {{ quarter_hour(as_of) }}
    {%- if is_incremental() %}

    union

    select
        campaign_id,
        {{ quarter_hour('clicked_at') }} as quarter_at
    from {{ this }}
    where is_exact = 1
      and counted_through < {{ open }}
    {%- endif %}
{%- endset %}
{#- Final entries that are not exact, in quarter-hours that must be by now. -#}
{%- set undivided -%}
select
        entries.campaign_id,
        entries.clicked_at as quarter_at
    from {{ this }} as entries
    inner join edges
        on edges.campaign_id = entries.campaign_id
        and edges.quarter_at = entries.clicked_at
    where entries.counted_through < {{ open }}
      and entries.is_exact = 0
    group by entries.campaign_id, entries.clicked_at, entries.explicit_iteration_id
    having sum(entries.clicks) <> 0
{%- endset %}
{#- The first and the last quarter-hour to divide; usually there is none, and the statement is shorter. -#}
{%- set bounds = run_query(
    'with edges as (' ~ edges ~ '), undivided as (' ~ undivided ~ ') select ' ~ instant_text('min(quarter_at)')
    ~ ' as first_at, ' ~ instant_text('max(quarter_at)') ~ ' as last_at from undivided'
).rows if execute and is_incremental() and var('literal_bounds', true) else [] %}
{%- set divides = is_incremental() and (bounds | length == 0 or (bounds[0][0] or '') != '') %}

-- Redshift: distributed by the campaign, which leads a click to its windows; sorted by the time, which bounds queries.
--
-- Each run adds entries for what it changes, so the sum of all entries is the number of clicks ever loaded, also of those that
-- the source has deleted. A full refresh keeps them. A run counts the clicks of two periods of loading:
--   counted: from where the last run stopped until the look-back before this run. Nothing that was loaded then arrives any
--            more, so these entries are final.
--   open:    from there on. The next run replaces these entries.
-- A copy of a click may change the campaign, the iteration or the time of a click that is counted already, so the click is
-- added as it is after the period, and subtracted as it was before.
--
-- A click counts at the beginning of its quarter-hour in UTC. If a window of its campaign's strategy begins within the
-- quarter-hour, or as_of is within it, it counts at its exact time. A window that appears or moves later divides a
-- quarter-hour that is counted: its clicks are then counted again by exact times, if the source still has all of them. A
-- quarter-hour with exact entries stays exact when the window moves away, so that what is subtracted is what was added.
--
-- If another run has counted and committed since this one read where the last run stopped, this one changes nothing, because
-- it would count a period twice. If both transactions run at once, the lease (PostgreSQL) or error 1023 (Redshift) ends one.
with edges as (

    {{ edges }}

),
{%- if divides %}

undivided as (

    {{ undivided }}

),

divided_quarters as (

    select
        campaign_id,
        quarter_at
    from undivided
    group by campaign_id, quarter_at

),

quarters as (

    select quarter_at
    from undivided
    group by quarter_at

),

divided_ids as (

    select clicks.click_id
    from quarters
    inner join {{ ref('base_adgem__clicks') }} as clicks
        on clicks.clicked_at >= quarters.quarter_at
        and clicks.clicked_at < quarters.quarter_at + interval '15 minutes'
    {%- if bounds | length > 0 %}
    -- Redundant, but literals, so that a warehouse can skip other blocks.
    where clicks.clicked_at >= {{ instant(bounds[0][0]) }}
      and clicks.clicked_at < {{ instant(bounds[0][1]) }} + interval '15 minutes'
    {%- endif %}
    group by clicks.click_id

),
{%- endif %}
{%- if is_incremental() %}

recent as (

    {{ base }}
        where {{ loaded_since('clicks', from) }}
          and {{ is_not_blank('clicks.click_id') }}

),
{%- else %}

-- Few clicks have several copies. The others are counted without being grouped by their ids. A click whose hash another one has
-- is grouped, too.
repeated as (

    select {{ id_hash('click_id') }} as id_hash
    from {{ ref('base_adgem__clicks') }}
    where {{ is_not_blank('click_id') }}
    group by {{ id_hash('click_id') }}
    having count(*) > 1

),

recent as (

    {{ base }}
        inner join repeated
            on repeated.id_hash = {{ id_hash('clicks.click_id') }}
        where {{ is_not_blank('clicks.click_id') }}

),
{%- endif %}

recent_ids as (

    select
        click_id,
        min(loaded_at) as first_loaded_at,
        max(loaded_at) as last_loaded_at,
        min(clicked_at) as first_clicked_at
    from recent
    group by click_id

),

copies as (

    select
        recent.*,
        recent_ids.first_loaded_at,
        recent_ids.last_loaded_at
    from recent
    inner join recent_ids
        on recent_ids.click_id = recent.click_id
    {%- if is_incremental() %}

    union all

    select
        older.*,
        recent_ids.first_loaded_at,
        recent_ids.last_loaded_at
    from (
        {{ base }}
    ) as older
    inner join recent_ids
        on recent_ids.click_id = older.click_id
    where older.loaded_at < {{ from }}
    {{- within_copies_window('older.clicked_at', 'recent_ids.first_clicked_at') }}
    {%- endif %}

),

-- The copies of each click, before a period with the weight -1, and after it with 1.
copies_by_period as (

    select 'counted' as period, 1 as weight, click_id, campaign_id, clicked_at, explicit_iteration_id
    from copies
    where first_loaded_at < {{ until }}
      and loaded_at < {{ until }}

    union all

    select 'counted' as period, -1 as weight, click_id, campaign_id, clicked_at, explicit_iteration_id
    from copies
    where first_loaded_at < {{ until }}
      and loaded_at < {{ from }}

    union all

    select 'open' as period, -1 as weight, click_id, campaign_id, clicked_at, explicit_iteration_id
    from copies
    where last_loaded_at >= {{ until }}
      and loaded_at < {{ until }}

    union all

    select 'open' as period, 1 as weight, click_id, campaign_id, clicked_at, explicit_iteration_id
    from copies
    where last_loaded_at >= {{ until }}
    {%- if divides %}

    union all

    select 'divided' as period, 1 as weight, older.click_id, older.campaign_id, older.clicked_at, older.explicit_iteration_id
    from (
        {{ base }}
    ) as older
    inner join divided_ids
        on divided_ids.click_id = older.click_id
    where older.loaded_at < {{ from }}
      and {{ is_not_blank('older.click_id') }}
    {%- endif %}

),

{{ chosen_clicks('copies_by_period', ['period', 'weight']) }},
{%- if divides %}

-- What the source has of a quarter-hour must be what was counted; else its clicks have expired, and it stays as it is.
recounted as (

    select
        campaign_id,
        quarter_at,
        explicit_iteration_id,
        sum(kept) as kept,
        sum(found) as found
    from (
        select
            entries.campaign_id,
            {{ quarter_hour('entries.clicked_at') }} as quarter_at,
            entries.explicit_iteration_id,
            entries.clicks as kept,
            0 as found
        from {{ this }} as entries
        inner join divided_quarters
            on divided_quarters.campaign_id = entries.campaign_id
            and divided_quarters.quarter_at = {{ quarter_hour('entries.clicked_at') }}
        where entries.counted_through < {{ open }}

        union all

        select
            campaign_id,
            {{ quarter_hour('clicked_at') }} as quarter_at,
            explicit_iteration_id,
            0 as kept,
            1 as found
        from chosen
        where period = 'divided'
    ) as both_sides
    group by campaign_id, quarter_at, explicit_iteration_id

),

expired as (

    select
        divided_quarters.campaign_id,
        divided_quarters.quarter_at
    from divided_quarters
    inner join recounted
        on recounted.campaign_id = divided_quarters.campaign_id
        and recounted.quarter_at = divided_quarters.quarter_at
    where recounted.kept <> recounted.found
    group by divided_quarters.campaign_id, divided_quarters.quarter_at

),

divisible as (

    select
        divided_quarters.campaign_id,
        divided_quarters.quarter_at
    from divided_quarters
    left join expired
        on expired.campaign_id = divided_quarters.campaign_id
        and expired.quarter_at = divided_quarters.quarter_at
    where expired.campaign_id is null

),
{%- endif %}

added as (

    select period, weight, clicked_at, campaign_id, explicit_iteration_id
    from chosen
    {%- if not is_incremental() %}

    union all

    select
        case when copies.loaded_at < {{ until }} then 'counted' else 'open' end as period,
        1 as weight,
        copies.clicked_at,
        copies.campaign_id,
        copies.explicit_iteration_id
    from (
        {{ base }}
    ) as copies
    left join repeated
        on repeated.id_hash = {{ id_hash('copies.click_id') }}
    where repeated.id_hash is null
      and {{ is_not_blank('copies.click_id') }}
    {%- endif %}

),

dated as (

    select
        case
            when added.period = 'open' then {{ open }}
            when added.period = 'divided' and {{ until }} = {{ from }} then {{ open }}
            else {{ until }}
        end as counted_through,
        case when edges.quarter_at is not null
            {%- if divides %} and expired.quarter_at is null{% endif %} then 1 else 0 end as is_exact,
        added.clicked_at,
        added.campaign_id,
        added.explicit_iteration_id,
        added.weight
    from added
    left join edges
        on edges.campaign_id = added.campaign_id
        and edges.quarter_at = {{ quarter_hour('added.clicked_at') }}
    {%- if divides %}
    left join expired
        on expired.campaign_id = added.campaign_id
        and expired.quarter_at = {{ quarter_hour('added.clicked_at') }}
    left join divisible
        on divisible.campaign_id = added.campaign_id
        and divisible.quarter_at = {{ quarter_hour('added.clicked_at') }}
    where added.period <> 'divided'
       or divisible.quarter_at is not null
    {%- endif %}

),

changes as (

    select
        counted_through,
        case when is_exact = 1 then clicked_at else {{ quarter_hour('clicked_at') }} end as clicked_at,
        is_exact,
        campaign_id,
        explicit_iteration_id,
        weight as clicks
    from dated
    {%- if divides %}

    union all

    -- What was counted of a quarter-hour that is divided.
    select
        case when {{ until }} = {{ from }} then {{ open }} else {{ until }} end as counted_through,
        entries.clicked_at,
        entries.is_exact,
        entries.campaign_id,
        entries.explicit_iteration_id,
        - entries.clicks as clicks
    from {{ this }} as entries
    inner join divisible
        on divisible.campaign_id = entries.campaign_id
        and divisible.quarter_at = {{ quarter_hour('entries.clicked_at') }}
    where entries.counted_through < {{ open }}
    {%- endif %}

)

select
    counted_through,
    clicked_at,
    is_exact,
    campaign_id,
    explicit_iteration_id,
    cast(sum(clicks) as bigint) as clicks,
    cast(null as timestamptz) as read_from
from changes
{%- if checks_bound %}
where {{ from }} = {{ clicks_counted_through(this) }}
{%- endif %}
group by counted_through, clicked_at, is_exact, campaign_id, explicit_iteration_id
having sum(clicks) <> 0

union all

-- How far this run has counted, and that the open rows of the last run are replaced, also if there are no clicks.
select
    periods.counted_through,
    cast(null as timestamptz) as clicked_at,
    0 as is_exact,
    cast(null as bigint) as campaign_id,
    cast(null as bigint) as explicit_iteration_id,
    cast(0 as bigint) as clicks,
    {{ from }} as read_from
from (
    select {{ open }} as counted_through
    union all
    select {{ until }} as counted_through
) as periods
where periods.counted_through > {{ from }}
{%- if checks_bound %}
  and {{ from }} = {{ clicks_counted_through(this) }}
{%- endif %}
