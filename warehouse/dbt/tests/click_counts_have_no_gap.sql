-- The runs that have counted clicks follow each other without a gap or an overlap: each began where the one before it ended. An
-- overlap would count clicks twice, for example of two runs at once.
with runs as (

    select
        counted_through,
        read_from,
        lag(counted_through) over (order by counted_through) as previous
    from {{ ref('clicks_by_quarter_hour') }}
    where clicked_at is null
      and counted_through < {{ valid_before() }}

)

select counted_through, read_from, previous
from runs
where read_from <> coalesce(previous, {{ instant('0001-01-01T00:00:00Z') }})
