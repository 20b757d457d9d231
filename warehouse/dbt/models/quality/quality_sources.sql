-- Faults of the small source tables: ids with conflicting rows, rows without a key, times out of range, offers of several
-- strategies. Names are not compared, because attribution does not use them.
with iterations as (

    select * from {{ source('adsuite', 'iterations') }}

),

strategies as (

    select * from {{ source('adsuite', 'strategies') }}

),

campaigns as (

    select * from {{ source('adgem', 'campaigns') }}

),

iteration_copies as (

    select
        iteration_id,
        min(created_at) as earliest,
        max(created_at) as latest,
        min(strategy_id) as lowest_strategy,
        max(strategy_id) as highest_strategy
    from iterations
    where iteration_id is not null
      and strategy_id is not null
      and {{ is_in_range('created_at') }}
    group by iteration_id
    having count(*) > 1

),

-- An offer in one copy and null in another is a conflict too.
strategy_copies as (

    select
        id,
        count(*) as copies,
        count(tune_offer_id) as with_offer,
        min(tune_offer_id) as lowest_offer,
        max(tune_offer_id) as highest_offer
    from strategies
    where id is not null
    group by id
    having count(*) > 1

),

campaign_copies as (

    select
        id,
        count(*) as copies,
        count(adaction_id) as with_offer,
        min(adaction_id) as lowest_offer,
        max(adaction_id) as highest_offer
    from campaigns
    where id is not null
    group by id
    having count(*) > 1

),

offers as (

    select
        tune_offer_id,
        count(*) as strategies,
        min(strategy_id) as lowest_strategy,
        max(strategy_id) as highest_strategy
    from {{ ref('strategies') }}
    where tune_offer_id is not null
    group by tune_offer_id
    having count(*) > 1

),

without_key as (

    select 'adsuite_mirror.strategies' as source_table, count(*) as left_out
    from strategies
    where id is null

    union all

    select 'adsuite_mirror.iterations' as source_table, count(*) as left_out
    from iterations
    where iteration_id is null
       or strategy_id is null
       or created_at is null
       or (
           {{ is_out_of_range('created_at') }}
           and iteration_id in (select iteration_id from {{ ref('iterations_with_end_time') }})
       )

    union all

    select 'adgem.campaigns' as source_table, count(*) as left_out
    from campaigns
    where id is null

),

-- A copy of an iteration that has a valid one only counts as a row that staging ignores.
iterations_out_of_range as (

    select iterations.iteration_id, min({{ any_instant_text('iterations.created_at') }}) as created_at_text
    from iterations
    left join {{ ref('iterations_with_end_time') }} as valid
        on valid.iteration_id = iterations.iteration_id
    where iterations.iteration_id is not null
      and {{ is_out_of_range('iterations.created_at') }}
      and valid.iteration_id is null
    group by iterations.iteration_id

),

strategies_out_of_range as (

    select id, min({{ any_instant_text('created_at') }}) as created_at_text
    from strategies
    where id is not null
      and {{ is_out_of_range('created_at') }}
    group by id

),

faults as (

    select
        {{ fault('ITERATION_CONFLICT', 'iteration_id') }},
        iteration_id as subject_order,
        case
            when earliest < latest
                then {{ instant_text('earliest') }} || ' and ' || {{ instant_text('latest') }}
            else 'strategies ' || {{ number_text('lowest_strategy') }} || ' and ' || {{ number_text('highest_strategy') }}
        end as detail
    from iteration_copies
    where earliest < latest
       or lowest_strategy < highest_strategy

    union all

    {%- for check, copies in [['STRATEGY_CONFLICT', 'strategy_copies'], ['CAMPAIGN_CONFLICT', 'campaign_copies']] %}

    select
        {{ fault(check, 'id') }},
        id as subject_order,
        'offers ' || {{ number_text('lowest_offer') }} || ' and '
            || case when with_offer < copies then 'none' else {{ number_text('highest_offer') }} end as detail
    from {{ copies }}
    where lowest_offer < highest_offer
       or (with_offer > 0 and with_offer < copies)

    union all
    {%- endfor %}

    select
        {{ fault('SHARED_OFFER', 'tune_offer_id') }},
        tune_offer_id as subject_order,
        {{ number_text('strategies') }} || ' strategies, ' || {{ number_text('lowest_strategy') }} || ' to '
            || {{ number_text('highest_strategy') }} as detail
    from offers

    union all

    select
        {{ fault('ROWS_WITHOUT_KEY', 'source_table') }},
        - left_out as subject_order,
        'rows: ' || {{ number_text('left_out') }} as detail
    from without_key
    where left_out > 0

    union all

    select
        {{ fault('ITERATION_TIME_OUT_OF_RANGE', 'iteration_id') }},
        iteration_id as subject_order,
        'adsuite_mirror.iterations.created_at: ' || created_at_text as detail
    from iterations_out_of_range

    union all

    select
        {{ fault('STRATEGY_TIME_OUT_OF_RANGE', 'id') }},
        id as subject_order,
        'adsuite_mirror.strategies.created_at: ' || created_at_text as detail
    from strategies_out_of_range

)

select
    check_name,
    subject_id,
    subject_order,
    cast(detail as varchar(1024)) as detail
from faults
