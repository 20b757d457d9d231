{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='build_id',
        on_schema_change='append_new_columns',
        full_refresh=false,
        tags=['stores_build_id'],
        dist='even',
        sort='build_id',
        post_hook=["{{ lasting_index_on_postgres('data_quality_findings_build', 'build_id') }}", "{{ analyze_table() }}"]
    )
}}
{#-
  All checks. ERROR: a push would send wrong metrics to AdSuite, so it is refused. WARNING: attribution handles it, but the
  data should be corrected. src/domain/quality.ts has the meaning and remedy of each.
#}
{%- set severities = [
    ['CREATED_AT_EDITED', 'ERROR'],
    ['STRATEGY_OF_ITERATION_EDITED', 'ERROR'],
    ['ITERATION_GONE', 'ERROR'],
    ['ITERATION_CONFLICT', 'ERROR'],
    ['STRATEGY_CONFLICT', 'ERROR'],
    ['CAMPAIGN_CONFLICT', 'ERROR'],
    ['ATTRIBUTION_LOST', 'ERROR'],
    ['ATTRIBUTION_LOST_FEW', 'WARNING'],
    ['ITERATION_TIME_OUT_OF_RANGE', 'ERROR'],
    ['SHARED_OFFER', 'WARNING'],
    ['CLICK_CONFLICT', 'WARNING'],
    ['CLICKS_NOT_DIVIDED', 'WARNING'],
    ['ITERATIONS_BEGIN_TOGETHER', 'WARNING'],
    ['ITERATION_WITHOUT_STRATEGY', 'WARNING'],
    ['CLICK_AFTER_CONVERSION', 'WARNING'],
    ['IN_THE_FUTURE', 'WARNING'],
    ['NEGATIVE_PAYOUT', 'WARNING'],
    ['EVENT_CONFLICT', 'WARNING'],
    ['PAYOUT_NOT_A_NUMBER', 'WARNING'],
    ['EVENT_TIME_OUT_OF_RANGE', 'WARNING'],
    ['CLICK_TIME_OUT_OF_RANGE', 'WARNING'],
    ['STRATEGY_TIME_OUT_OF_RANGE', 'WARNING'],
    ['LOADED_IN_THE_FUTURE', 'WARNING'],
    ['EXPLICIT_ITERATION_NOT_FOUND', 'WARNING'],
    ['ROWS_WITHOUT_KEY', 'WARNING'],
    ['PAYOUT_CHANGED', 'WARNING'],
    ['CLICK_COMPLETED', 'WARNING'],
    ['OFFER_CHANGED', 'WARNING'],
    ['ITERATION_BACKDATED', 'WARNING'],
    ['UNATTRIBUTED_SHARE_JUMPED', 'WARNING']
] %}

-- Redshift: distributed evenly, because it is never joined; sorted by build, because one build's rows are queried.
--
-- A retry of a build replaces what the failed attempt has written.
--
-- A check without findings has a row too, to distinguish "nothing found" from "not checked". Built before
-- attribution_builds, so that a build has its findings when its row appears. The hook of attribution_builds then deletes the
-- subjects after the tenth of older builds.
with checks as (
    {% for check_name, severity in severities %}
    select
        cast('{{ check_name }}' as varchar(64)) as check_name,
        cast('{{ severity }}' as varchar(16)) as severity
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

faults as (

    select check_name, subject_id, subject_order, detail from {{ ref('quality_iterations') }}
    union all
    select check_name, subject_id, subject_order, detail from {{ ref('quality_sources') }}
    union all
    select check_name, subject_id, subject_order, detail from {{ ref('quality_conversions') }}
    union all
    select check_name, subject_id, subject_order, detail from {{ ref('quality_attributions') }}
    union all
    select check_name, subject_id, subject_order, detail from {{ ref('quality_clicks') }}
    union all
    select check_name, subject_id, subject_order, detail from {{ ref('quality_events') }}
    union all
    select check_name, subject_id, subject_order, detail from {{ ref('quality_changes') }}

),

ranked as (

    select
        check_name,
        subject_id,
        detail,
        row_number() over (partition by check_name order by subject_order, subject_id) as subject_rank,
        count(*) over (partition by check_name) as found
    from faults

)

select
    cast('{{ build_id() }}' as varchar(64)) as build_id,
    checks.check_name,
    checks.severity,
    cast(coalesce(ranked.found, 0) as bigint) as found,
    cast(coalesce(ranked.subject_rank, 0) as bigint) as subject_rank,
    ranked.subject_id,
    ranked.detail
from checks
left join ranked
    on ranked.check_name = checks.check_name
    and ranked.subject_rank <= {{ findings_kept() }}
