{{
    config(
        tags=['gold'],
        dist='all',
        sort=['strategy_id', 'created_at'],
        post_hook=[
            "{{ index_on_postgres('iteration_id') }}",
            "{{ index_on_postgres('strategy_id, sequence') }}",
            "{{ mark_build() }}",
            "{{ analyze_table() }}"
        ]
    )
}}

-- Redshift: small, so each node has a copy; sorted as the join reads it: a strategy's windows by time.
with iterations as (

    select * from {{ ref('stg_adsuite__iterations') }}

)

-- Ordering by iteration_id gives the lower of two iterations with equal created_at an empty window.
select
    iteration_id,
    strategy_id,
    iteration_name,
    cast(row_number() over (partition by strategy_id order by created_at, iteration_id) as bigint) as sequence,
    created_at,
    lead(created_at) over (partition by strategy_id order by created_at, iteration_id) as ended_at
from iterations
