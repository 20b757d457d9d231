{{
    config(
        tags=['gold'],
        post_hook=[
            "{{ index_on_postgres('iteration_id') }}",
            "{{ index_on_postgres('strategy_id, sequence') }}",
            "{{ analyze_on_postgres() }}"
        ]
    )
}}

with iterations as (

    select * from {{ ref('stg_adsuite__iterations') }}

)

-- The order by iteration_id gives the earlier of two iterations with equal created_at an empty window.
select
    iteration_id,
    strategy_id,
    iteration_name,
    row_number() over (partition by strategy_id order by created_at, iteration_id) as sequence,
    created_at,
    lead(created_at) over (partition by strategy_id order by created_at, iteration_id) as ended_at
from iterations
