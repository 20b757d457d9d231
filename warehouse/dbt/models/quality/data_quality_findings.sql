{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        dist='even',
        sort='build_id',
        post_hook=["{{ lasting_index_on_postgres('data_quality_findings_build', 'build_id') }}", "{{ analyze_table() }}"]
    )
}}
{#-
  Every check there is. ERROR: a push would tell AdSuite wrong metrics, so it is refused. WARNING: what attribution copes
  with, but somebody should know. The service says of each what it means (src/domain/quality.ts).
#}
{%- set severities = [
    ['CREATED_AT_EDITED', 'ERROR'],
    ['STRATEGY_OF_ITERATION_EDITED', 'ERROR'],
    ['ITERATION_GONE', 'ERROR'],
    ['ITERATION_CONFLICT', 'ERROR'],
    ['STRATEGY_CONFLICT', 'ERROR'],
    ['CAMPAIGN_CONFLICT', 'ERROR'],
    ['SHARED_OFFER', 'WARNING'],
    ['CLICK_CONFLICT', 'WARNING'],
    ['ITERATIONS_BEGIN_TOGETHER', 'WARNING'],
    ['ITERATION_WITHOUT_STRATEGY', 'WARNING'],
    ['CLICK_AFTER_CONVERSION', 'WARNING'],
    ['IN_THE_FUTURE', 'WARNING'],
    ['NEGATIVE_PAYOUT', 'WARNING'],
    ['EXPLICIT_ITERATION_NOT_FOUND', 'WARNING'],
    ['ROWS_WITHOUT_KEY', 'WARNING']
] %}

-- Redshift: spread evenly, as nothing is joined with it; sorted by what is asked for, one build's rows.
--
-- A check that found nothing has a row too: nothing found and never looked are not the same. Built before
-- attribution_builds, whose row makes the build known: a build is known only with its findings.
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
    select check_name, subject_id, subject_order, detail from {{ ref('quality_clicks') }}

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
    cast('{{ invocation_id }}' as varchar(64)) as build_id,
    checks.check_name,
    checks.severity,
    cast(coalesce(ranked.found, 0) as bigint) as found,
    cast(coalesce(ranked.subject_rank, 0) as bigint) as subject_rank,
    ranked.subject_id,
    ranked.detail
from checks
left join ranked
    on ranked.check_name = checks.check_name
    and ranked.subject_rank <= 10
