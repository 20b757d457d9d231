{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['gold', 'stores_build_id'],
        dist='all',
        sort='build_number',
        pre_hook=["{{ require_findings() }}", "{{ publish_tables() }}"],
        post_hook=["{{ delete_further_subjects(ref('data_quality_findings')) }}"]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}

-- Redshift: one row per build, so each node has a copy; sorted by the number, because the highest one is queried.
--
-- Built after every table that the service reads: its newest row means that those are built and, in a dbt build, that
-- their tests passed. Its hook publishes these tables, so that later builds do not replace them. A full refresh keeps this
-- table, so that build numbers do not restart; new columns are appended.
-- depends_on: {{ ref('strategies') }}
-- depends_on: {{ ref('campaigns') }}
-- depends_on: {{ ref('iteration_metrics_daily') }}
-- depends_on: {{ ref('iteration_clicks_daily') }}
-- depends_on: {{ ref('iteration_clicks_quarter_hourly') }}
-- depends_on: {{ ref('unattributed_fixes') }}
-- depends_on: {{ ref('data_quality_findings') }}
-- depends_on: {{ ref('finding_intervals') }}
-- depends_on: {{ ref('attribution_history') }}
with gold as (

    select
        count(*) as conversions,
        {%- for status in [
            'ATTRIBUTED', 'NO_CLICK_ID', 'CLICK_NOT_FOUND', 'CAMPAIGN_NOT_FOUND', 'CAMPAIGN_WITHOUT_OFFER',
            'STRATEGY_NOT_FOUND', 'SHARED_OFFER', 'NO_ITERATIONS', 'BEFORE_FIRST_ITERATION', 'CLICK_AFTER_BUILD'
        ] %}
        cast(
            coalesce(sum(case when attribution_status = '{{ status }}' then 1 else 0 end), 0) as bigint
        ) as {{ status | lower }},
        {%- endfor %}
        max(case when loaded_at <= {{ instant(as_of) }} then loaded_at end) as events_loaded_through
    from {{ ref('goal_complete_events_attributed') }}

),

clicks as (

    select max(clicks.loaded_at) as clicks_loaded_through
    from {{ source('adgem', 'clicks') }} as clicks
    where {{ is_usable_click('clicks') }}
      and clicks.loaded_at <= {{ instant(as_of) }}
      and {{ is_in_range('clicks.loaded_at') }}

)

select
    cast('{{ build_id() }}' as varchar(64)) as build_id,
    cast({{ build_number() }} as bigint) as build_number,
    {{ instant(as_of) }} as as_of,
    {{ instant(run_started_at.isoformat()) }} as started_at,
    {{ current_instant() }} as finished_at,
    {{ mirror_refreshed_at(source('adsuite', 'refreshes')) }} as mirror_refreshed_at,
    gold.events_loaded_through,
    clicks.clicks_loaded_through,
    gold.conversions,
    gold.attributed,
    gold.no_click_id,
    gold.click_not_found,
    gold.campaign_not_found,
    gold.campaign_without_offer,
    gold.strategy_not_found,
    gold.shared_offer,
    gold.no_iterations,
    gold.before_first_iteration,
    gold.click_after_build,
    cast({{ build_number() }} as bigint) as tables_build_number,
    cast({{ history_since(history_before() | trim) }} as bigint) as history_since_build_number,
    cast({{ rule_version() }} as bigint) as rule_version
from gold
cross join clicks
