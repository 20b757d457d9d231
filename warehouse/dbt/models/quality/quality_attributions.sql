-- Iterations that have lost conversions: attributed by an earlier build, not attributed now. They count for the iteration of
-- the last build that attributed them. A conversion that has moved to another iteration is not lost.
{%- set causes = [
    'CLICK_NOT_FOUND', 'CAMPAIGN_NOT_FOUND', 'CAMPAIGN_WITHOUT_OFFER', 'STRATEGY_NOT_FOUND', 'SHARED_OFFER',
    'NO_ITERATIONS', 'BEFORE_FIRST_ITERATION', 'NO_CLICK_ID', 'CLICK_AFTER_BUILD', 'EVENT_GONE'
] %}
-- Usually no conversion is lost, so only those that are, and the iterations that they were of, are counted.
with lost as (

    select
        known.iteration_id,
        coalesce(conversions.attribution_status, 'EVENT_GONE') as cause
    from {{ ref('conversions_last_attributed') }} as known
    left join {{ ref('goal_complete_events_attributed') }} as conversions
        on {{ compared_id('conversions.event_id') }} = {{ compared_id('known.event_id') }}
    where conversions.iteration_id is null

),

attributed as (

    select
        iteration_id,
        count(*) as attributed
    from {{ ref('conversions_last_attributed') }}
    where iteration_id in (select iteration_id from lost)
    group by iteration_id

),

losses as (

    select
        lost.iteration_id,
        attributed.attributed,
        count(*) as lost
        {%- for cause in causes %},
        sum(case when lost.cause = '{{ cause }}' then 1 else 0 end) as {{ cause | lower }}
        {%- endfor %}
    from lost
    inner join attributed
        on attributed.iteration_id = lost.iteration_id
    group by lost.iteration_id, attributed.attributed

),

faults as (

    select
        cast(
            case
                when losses.lost * 100 > losses.attributed * {{ var('lost_percent') }}
                    and losses.lost > {{ var('lost_minimum') }}
                    then 'ATTRIBUTION_LOST'
                else 'ATTRIBUTION_LOST_FEW'
            end as varchar(64)
        ) as check_name,
        cast(losses.iteration_id as varchar(256)) as subject_id,
        - losses.lost as subject_order,
        'lost ' || {{ number_text('losses.lost') }} || ' of ' || {{ number_text('losses.attributed') }} || ':'
            {%- for cause in causes %}
            {%- set column = 'losses.' ~ (cause | lower) %}
            || case when {{ column }} > 0 then ' {{ cause }} ' || {{ number_text(column) }} else '' end
            {%- endfor %} as detail
    from losses
    left join {{ ref('iterations_with_end_time') }} as iterations
        on iterations.iteration_id = losses.iteration_id
    where losses.lost > 0
    {{- unless_accepted('lost', 'losses.iteration_id', 'losses.lost') }}
    {{- unless_accepted('gone', 'losses.iteration_id', 'iterations.iteration_id') }}

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
