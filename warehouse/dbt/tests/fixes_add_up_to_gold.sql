-- Each unattributed conversion waits for one fix, and waits since a build that there was.
with fixes as (

    select
        sum(conversions) as conversions,
        sum(payout) as payout,
        min(first_converted_at) as first_converted_at
    from {{ ref('unattributed_fixes') }}

),

gold as (

    select
        count(*) as conversions,
        coalesce(sum(payout), 0) as payout,
        min(converted_at) as first_converted_at
    from {{ ref('goal_complete_events_attributed') }}
    where attribution_status <> 'ATTRIBUTED'

)

select 'sums' as fault, cast(gold.conversions as varchar(20)) as detail
from gold
cross join fixes
where coalesce(fixes.conversions, 0) <> gold.conversions
   or coalesce(fixes.payout, 0) <> gold.payout
   or fixes.first_converted_at <> gold.first_converted_at
union all
select 'fix or wait' as fault, fix_id as detail
from {{ ref('unattributed_fixes') }}
where fix is null
   or waiting_since_build_number is null
   or waiting_since_build_number < 1
   or conversions < 1
