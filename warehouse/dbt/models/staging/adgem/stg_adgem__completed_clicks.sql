{{
    config(
        materialized='table',
        dist='click_id',
        sort='click_id',
        post_hook=["{{ analyze_table() }}"]
    )
}}
{%- set copies %}
        select
            {{ compared_id('clicks.click_id') }} as click_id,
            clicks.campaign_id,
            clicks."timestamp" as clicked_at,
            clicks.iteration_id as explicit_iteration_id
        from {{ source('adgem', 'clicks') }} as clicks
        where {{ is_usable_click('clicks') }}
{%- endset %}

-- Redshift: distributed like the clicks, so that the join with them is local to a slice; sorted by its key.
--
-- A table, although it usually has few rows (many, if a source of clicks always sends two copies): as a view its steps
-- would be part of the reading statement, and PostgreSQL would not parallelize it.
--
-- The clicks are read several times instead of being grouped by click_id once: grouping all of them takes longer than
-- everything here, because few clicks lack a campaign, or name an iteration. The ids are made unique before each join, so
-- that an id that is on many rows does not multiply them. A subquery instead of a CTE, which PostgreSQL would store, as
-- several steps read it.
with without_campaign as (

    select copies.click_id
    from ({{ copies }}
    ) as copies
    where copies.campaign_id is null
    group by copies.click_id

),

with_iteration as (

    select copies.click_id
    from ({{ copies }}
    ) as copies
    where copies.explicit_iteration_id is not null
    group by copies.click_id

),

incomplete as (

    select copies.click_id
    from ({{ copies }}
    ) as copies
    inner join without_campaign
        on without_campaign.click_id = copies.click_id
    where copies.campaign_id is not null

    union

    select copies.click_id
    from ({{ copies }}
    ) as copies
    inner join with_iteration
        on with_iteration.click_id = copies.click_id
    where copies.explicit_iteration_id is null

),

-- The first copy with a campaign is the one with a campaign whose count is 1; the same for iterations.
counted as (

    select
        copies.click_id,
        copies.campaign_id,
        copies.explicit_iteration_id,
        count(copies.campaign_id) over (
            partition by copies.click_id
            order by {{ first_click_first('copies') }}
            rows between unbounded preceding and current row
        ) as campaigns,
        count(copies.explicit_iteration_id) over (
            partition by copies.click_id
            order by {{ first_click_first('copies') }}
            rows between unbounded preceding and current row
        ) as iterations
    from ({{ copies }}
    ) as copies
    inner join incomplete
        on incomplete.click_id = copies.click_id

)

select
    {{ text_id('click_id') }} as click_id,
    max(case when campaigns = 1 then campaign_id end) as campaign_id,
    max(case when iterations = 1 then explicit_iteration_id end) as explicit_iteration_id
from counted
group by click_id
