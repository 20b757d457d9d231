{{
    config(
        tags=['gold'],
        dist='iteration_id',
        sort=['conversion_day', 'iteration_id'],
        post_hook=["{{ index_on_postgres('iteration_id, conversion_day') }}", "{{ mark_build() }}", "{{ analyze_table() }}"]
    )
}}

-- Redshift: distributed by iteration like iteration_clicks_daily, so that sums per iteration are local to a slice;
-- sorted by day, which bounds queries about a period.
{%- for part in parts().split(' ') %}
{%- if not loop.first %}

union all
{%- endif %}

select
    iteration_id,
    strategy_id,
    goal_reference_id,
    {{ utc_day('converted_at') }} as conversion_day,
    count(*) as conversions,
    cast(coalesce(sum(payout), 0) as numeric(38, 4)) as payout,
    min(converted_at) as first_converted_at,
    max(converted_at) as last_converted_at
from {{ ref('goal_complete_events_attributed') }}
where attribution_status = 'ATTRIBUTED'
{{- in_part('iteration_id', part) }}
group by iteration_id, strategy_id, goal_reference_id, {{ utc_day('converted_at') }}
{%- endfor %}
