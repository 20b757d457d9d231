{{
    config(
        tags=['gold'],
        dist='iteration_id',
        sort=['click_day', 'iteration_id'],
        post_hook=["{{ index_on_postgres('iteration_id, click_day') }}", "{{ mark_build() }}", "{{ analyze_table() }}"]
    )
}}

-- Redshift: distributed by iteration like iteration_metrics_daily, so that sums per iteration are local to a slice;
-- sorted by day, which bounds queries about a period.
--
-- Days are sums of quarter-hours, so that clicks are attributed once and both tables agree: a quarter-hour whose sum is negative
-- counts in neither.
{%- for part in parts().split(' ') %}
{%- if not loop.first %}

union all
{%- endif %}

select
    iteration_id,
    strategy_id,
    {{ utc_day('quarter_at') }} as click_day,
    cast(sum({{ summand('clicks') }}) as bigint) as clicks
from {{ ref('iteration_clicks_quarter_hourly') }}
where clicks > 0
{{- in_part('iteration_id', part) }}
group by iteration_id, strategy_id, {{ utc_day('quarter_at') }}
{%- endfor %}
