{{
    config(
        tags=['gold'],
        post_hook=["{{ index_on_postgres('iteration_id, click_day') }}", "{{ analyze_on_postgres() }}"]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}

with clicks as (

    select * from {{ ref('stg_adgem__clicks') }}

),

{{ attribute_clicks('clicks', as_of) }}

select
    iteration_id,
    strategy_id,
    {{ utc_day('clicked_at') }} as click_day,
    count(*) as clicks
from attributed
where attribution_status = 'ATTRIBUTED'
group by iteration_id, strategy_id, {{ utc_day('clicked_at') }}
