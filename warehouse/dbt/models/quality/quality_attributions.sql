-- Iterations that have lost conversions: attributed by an earlier build, not attributed now. A conversion that has moved to
-- another iteration is not lost.
{%- set causes = [
    'CLICK_NOT_FOUND', 'CAMPAIGN_NOT_FOUND', 'CAMPAIGN_WITHOUT_OFFER', 'STRATEGY_NOT_FOUND', 'SHARED_OFFER',
    'NO_ITERATIONS', 'BEFORE_FIRST_ITERATION', 'NO_CLICK_ID', 'CLICK_AFTER_BUILD', 'EVENT_GONE'
] %}
with conversions as (

    select
        known.iteration_id,
        case when conversions.iteration_id is null then coalesce(conversions.attribution_status, 'EVENT_GONE') end as cause
    from {{ ref('conversions_first_attributed') }} as known
    left join {{ ref('goal_complete_events_attributed') }} as conversions
        on {{ compared_id('conversions.event_id') }} = {{ compared_id('known.event_id') }}

),

iterations as (

    select
        iteration_id,
        count(*) as attributed,
        count(cause) as lost
        {%- for cause in causes %},
        sum(case when cause = '{{ cause }}' then 1 else 0 end) as {{ cause | lower }}
        {%- endfor %}
    from conversions
    group by iteration_id

),

faults as (

    {%- for check, condition in [
        ['ATTRIBUTION_LOST', 'lost * 100 > attributed * ' ~ var('lost_percent')],
        ['ATTRIBUTION_LOST_FEW', 'lost * 100 <= attributed * ' ~ var('lost_percent')]
    ] %}

    select
        {{ fault(check, 'iteration_id') }},
        - lost as subject_order,
        'lost ' || {{ number_text('lost') }} || ' of ' || {{ number_text('attributed') }} || ':'
            {%- for cause in causes %}
            || case when {{ cause | lower }} > 0 then ' {{ cause }} ' || {{ number_text(cause | lower) }} else '' end
            {%- endfor %} as detail
    from iterations
    where lost > 0
      and {{ condition }}
    {{- unless_accepted('lost', 'iteration_id', 'lost') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
