{{
    config(
        tags=['gold'],
        dist='iteration_id',
        sort=['quarter_at', 'iteration_id'],
        post_hook=["{{ index_on_postgres('iteration_id, quarter_at') }}", "{{ mark_build() }}", "{{ analyze_table() }}"]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}

-- The clicks of each iteration, from which iteration_clicks_daily is summed, and from which the service counts the days and hours
-- of any time zone: the offsets of all zones are multiples of a quarter-hour.
--
-- Redshift: distributed by iteration and sorted by time, as iteration_clicks_daily is.
--
-- The entries of a quarter-hour are few, so they are summed once, after they are attributed.
with clicks as (

    select
        clicked_at,
        campaign_id,
        explicit_iteration_id,
        {{ summand('clicks') }} as clicks
    from {{ ref('clicks_by_quarter_hour') }}
    where clicked_at is not null

),

{{ attribute_clicks('clicks', as_of) }}

select
    iteration_id,
    strategy_id,
    {{ quarter_hour('clicked_at') }} as quarter_at,
    cast(sum(clicks) as bigint) as clicks
from attributed
where attribution_status = 'ATTRIBUTED'
group by iteration_id, strategy_id, {{ quarter_hour('clicked_at') }}
having sum(clicks) > 0
