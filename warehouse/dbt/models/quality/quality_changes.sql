-- What differs from the build before: payouts, clicks, offers of strategies, iterations with an earlier created_at, and the share
-- of unattributed conversions. Nothing if the history of attributions begins with this build, because then the build before was
-- of an earlier release, or of other data.
--
-- depends_on: {{ ref('attribution_history') }}
-- depends_on: {{ ref('goal_complete_events_attributed') }}
-- depends_on: {{ ref('iterations_first_seen') }}
-- depends_on: {{ ref('iterations_with_end_time') }}
-- depends_on: {{ ref('strategies') }}
-- depends_on: {{ ref('strategy_offers') }}
{%- set before = (build_before() ~ '') | trim %}
{%- if before == '' %}
select
    cast(null as varchar(64)) as check_name,
    cast(null as varchar(256)) as subject_id,
    cast(null as bigint) as subject_order,
    cast(null as varchar(1024)) as detail
from {{ ref('strategies') }}
where 1 = 0
{%- else %}
{%- set number = (build_number() ~ '') | trim %}
{%- set words = before.split(' ') %}
{%- set mirrored_at = instant(words[0]) %}
{%- set past_conversions = words[1] | int(0) %}
{%- set past_unattributed = past_conversions - words[2] | int(0) %}
{%- set reasons = unattributed_reasons().split(' ') %}
with -- Conversions whose state began with this build, with the state that ended with it.
changes as (

    select
        begun.event_id,
        begun.click_id,
        begun.begin_cause,
        begun.payout,
        begun.campaign_id,
        begun.iteration_id,
        begun.explicit_iteration_id,
        ended.payout as past_payout,
        ended.campaign_id as past_campaign_id,
        ended.iteration_id as past_iteration_id,
        ended.explicit_iteration_id as past_explicit_iteration_id,
        case when ended.click_id = begun.click_id and ended.click_timestamp is not null then 1 else 0 end as has_same_click
    from {{ ref('attribution_history') }} as begun
    inner join {{ ref('attribution_history') }} as ended
        on ended.event_id = begun.event_id
        and ended.until_build_number = {{ number }}
    where begun.from_build_number = {{ number }}

),

-- An iteration that a click names may be unknown until this build: then not the click was completed.
completed_clicks as (

    select
        changes.click_id,
        count(*) as conversions,
        max(case when changes.past_campaign_id is null then changes.campaign_id end) as campaign_id,
        max(case when named.iteration_id is not null then changes.explicit_iteration_id end) as iteration_id
    from changes
    left join {{ ref('iterations_first_seen') }} as named
        on named.iteration_id = changes.explicit_iteration_id
        and changes.past_explicit_iteration_id is null
        and changes.begin_cause not in ('ITERATION_ADDED', 'RULE_CHANGED')
        and (named.first_seen_build_number is null or named.first_seen_build_number < {{ number }})
    where changes.has_same_click = 1
      and (
          (changes.past_campaign_id is null and changes.campaign_id is not null)
          or named.iteration_id is not null
      )
    group by changes.click_id

),

offers as (

    select
        strategy_id,
        tune_offer_id,
        from_build_number,
        lag(tune_offer_id) over (partition by strategy_id order by from_build_number) as past_offer_id
    from {{ ref('strategy_offers') }}

),

iterations as (

    select
        iterations.iteration_id,
        iterations.strategy_id,
        iterations.created_at,
        case when first_seen.first_seen_build_number = {{ number }} then 1 else 0 end as is_new
    from {{ ref('iterations_with_end_time') }} as iterations
    inner join {{ ref('iterations_first_seen') }} as first_seen
        on first_seen.iteration_id = iterations.iteration_id

),

-- An iteration takes its time from another one only if a build has already seen one that began before it.
known_strategies as (

    select strategy_id, min(created_at) as first_created_at
    from iterations
    where is_new = 0
    group by strategy_id

),

moved as (

    select iteration_id, count(*) as conversions
    from changes
    where iteration_id <> past_iteration_id
    group by iteration_id

),

backdated as (

    select
        iterations.iteration_id,
        iterations.strategy_id,
        iterations.created_at,
        coalesce(moved.conversions, 0) as conversions
    from iterations
    inner join known_strategies
        on known_strategies.strategy_id = iterations.strategy_id
        and known_strategies.first_created_at <= iterations.created_at
    left join moved
        on moved.iteration_id = iterations.iteration_id
    where iterations.is_new = 1
      and iterations.created_at < {{ mirrored_at }} - {{ backdating_tolerance() }}

),

totals as (

    select
        count(*) as conversions,
        count(*) - count(iteration_id) as unattributed
        {%- for reason in reasons %},
        sum(case when attribution_status = '{{ reason }}' then 1 else 0 end) as {{ reason | lower }}
        {%- endfor %}
    from {{ ref('goal_complete_events_attributed') }}

),

shares as (

    select
        unattributed - {{ past_unattributed }} as more,
        {{ percentage('unattributed', 'conversions') }} as share,
        {{ percentage(past_unattributed, past_conversions) }} as past_share
        {%- for reason in reasons %},
        {{ reason | lower }} - {{ words[loop.index + 2] }} as {{ reason | lower }}
        {%- endfor %}
    from totals

),

faults as (

    select
        {{ fault('PAYOUT_CHANGED', 'event_id') }},
        - cast(abs(coalesce(payout, 0) - coalesce(past_payout, 0)) * 10000 as bigint) as subject_order,
        'payout ' || coalesce(cast(past_payout as varchar(64)), 'none') || ' -> '
            || coalesce(cast(payout as varchar(64)), 'none') as detail
    from changes
    where {{ differs('payout', 'past_payout') }}

    union all

    select
        {{ fault('CLICK_COMPLETED', 'click_id') }},
        - conversions as subject_order,
        'conversions ' || {{ number_text('conversions') }}
            || case when campaign_id is not null then ', campaign ' || {{ number_text('campaign_id') }} else '' end
            || case when iteration_id is not null then ', iteration ' || {{ number_text('iteration_id') }} else '' end as detail
    from completed_clicks

    union all

    select
        {{ fault('OFFER_CHANGED', 'strategy_id') }},
        strategy_id as subject_order,
        'offer ' || {{ number_text('past_offer_id') }} || ' -> ' || {{ number_text('tune_offer_id') }} as detail
    from offers
    where from_build_number = {{ number }}
      and past_offer_id is not null

    union all

    select
        {{ fault('ITERATION_BACKDATED', 'iteration_id') }},
        - conversions as subject_order,
        'strategy ' || {{ number_text('strategy_id') }} || ', ' || {{ instant_text('created_at') }}
            || ', not there until ' || '{{ words[0] }}'
            || ', takes conversions: ' || {{ number_text('conversions') }} as detail
    from backdated

    union all

    select
        {{ fault('UNATTRIBUTED_SHARE_JUMPED', "'goal_complete_events_attributed'") }},
        cast(0 as bigint) as subject_order,
        {{ percentage_text('past_share') }} || ' -> ' || {{ percentage_text('share') }} || ', more: ' || {{ number_text('more') }}
            {%- for reason in reasons %}
            {%- set column = reason | lower %}
            || case when {{ column }} > 0 then ' {{ reason }} ' || {{ number_text(column) }} else '' end
            {%- endfor %} as detail
    from shares
    where share - past_share > {{ var('unattributed_jump_points') }}
      and more >= {{ var('unattributed_jump_minimum') }}

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
{%- endif %}
