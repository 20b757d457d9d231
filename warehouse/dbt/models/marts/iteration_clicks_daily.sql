{{
    config(
        tags=['gold'],
        dist='iteration_id',
        sort=['click_day', 'iteration_id'],
        post_hook=["{{ index_on_postgres('iteration_id, click_day') }}", "{{ analyze_table() }}"]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}

-- Redshift: distributed by iteration like iteration_metrics_daily, so that sums per iteration are local to a slice;
-- sorted by day, which bounds queries about a period.
with clicks as (

    select
        clicked_at,
        campaign_id,
        explicit_iteration_id,
        sum(clicks) as clicks
    from {{ ref('clicks_by_quarter_hour') }}
    where clicked_at is not null
    group by clicked_at, campaign_id, explicit_iteration_id
    having sum(clicks) <> 0

),

{{ attribute_clicks('clicks', as_of) }}

select
    iteration_id,
    strategy_id,
    {{ utc_day('clicked_at') }} as click_day,
    cast(sum(clicks) as bigint) as clicks
from attributed
where attribution_status = 'ATTRIBUTED'
group by iteration_id, strategy_id, {{ utc_day('clicked_at') }}
having sum(clicks) > 0
