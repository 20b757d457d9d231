{{
    config(
        tags=['gold'],
        dist='all',
        sort='fix_id',
        post_hook=["{{ index_on_postgres('fix_id') }}", "{{ mark_build() }}", "{{ analyze_table() }}"]
    )
}}

-- Redshift: one row per thing to fix, so each node has a copy; gold and the history are joined on the same slice.
--
-- A conversion waits for a fix since the first build in which it did, without one in between in which it was attributed or
-- waited for another fix. So a corrected payout does not begin a new wait. The builds in which the conversion was gone do not
-- count as in between.
with waiting as (

    select
        gold.event_id,
        {{ fix_of('gold') }} as fix,
        {{ fix_subject('gold') }} as subject_id,
        gold.payout,
        gold.converted_at
    from {{ ref('goal_complete_events_attributed') }} as gold
    where gold.attribution_status <> 'ATTRIBUTED'

),

states as (

    select
        waiting.event_id,
        intervals.from_build_number,
        max(
            case
                when {{ fix_of('intervals') }} = waiting.fix
                    and coalesce({{ fix_subject('intervals') }}, '') = coalesce(waiting.subject_id, '')
                    then 0
                else intervals.from_build_number
            end
        ) over (partition by waiting.event_id) as last_other_build_number
    from waiting
    inner join {{ ref('attribution_history') }} as intervals
        on intervals.event_id = waiting.event_id

),

waits as (

    select
        event_id,
        min(from_build_number) as from_build_number
    from states
    where from_build_number > last_other_build_number
    group by event_id

)

select
    cast(waiting.fix || coalesce(':' || waiting.subject_id, '') as varchar(300)) as fix_id,
    waiting.fix,
    waiting.subject_id,
    count(*) as conversions,
    cast(coalesce(sum(waiting.payout), 0) as numeric(38, 4)) as payout,
    min(waiting.converted_at) as first_converted_at,
    min(waits.from_build_number) as waiting_since_build_number
from waiting
left join waits
    on waits.event_id = waiting.event_id
group by waiting.fix, waiting.subject_id
