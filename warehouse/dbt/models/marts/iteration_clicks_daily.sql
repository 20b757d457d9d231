{{
    config(
        tags=['gold'],
        dist='iteration_id',
        sort=['click_day', 'iteration_id'],
        post_hook=["{{ index_on_postgres('iteration_id, click_day') }}", "{{ mark_build() }}", "{{ analyze_table() }}"]
    )
}}
{%- set as_of = var('as_of', run_started_at.isoformat()) %}
{%- set divided_days -%}
select
            campaigns.campaign_id,
            {{ utc_day('iterations.created_at') }} as click_day
        from {{ ref('stg_adgem__campaigns') }} as campaigns
        inner join {{ ref('strategies') }} as strategies
            on strategies.tune_offer_id = campaigns.tune_offer_id
        inner join {{ ref('iterations_with_end_time') }} as iterations
            on iterations.strategy_id = strategies.strategy_id

        union

        select
            campaign_id,
            {{ utc_day(instant(as_of)) }} as click_day
        from {{ ref('stg_adgem__campaigns') }}
{%- endset %}

-- Redshift: distributed by iteration like iteration_metrics_daily, so that sums per iteration are local to a slice;
-- sorted by day, which bounds queries about a period.
--
-- Days in which no window of a campaign's strategy begins are the most: their clicks have one iteration, so they are summed
-- first. as_of divides its day, too. The clicks of an entry are those of a quarter-hour, which fit an integer.
with clicks as (
    {%- for part in parts().split(' ') %}
    {%- if not loop.first %}

    union all
    {%- endif %}

    select
        case
            when divided_days.click_day is null then {{ day_start('entries.clicked_at') }}
            else entries.clicked_at
        end as clicked_at,
        entries.campaign_id,
        entries.explicit_iteration_id,
        sum({{ summand('entries.clicks') }}) as clicks
    from {{ ref('clicks_by_quarter_hour') }} as entries
    left join (
        {{ divided_days }}
    ) as divided_days
        on divided_days.campaign_id = entries.campaign_id
        and divided_days.click_day = {{ utc_day('entries.clicked_at') }}
    where entries.clicked_at is not null
    {{- in_part('entries.campaign_id', part) }}
    group by
        case
            when divided_days.click_day is null then {{ day_start('entries.clicked_at') }}
            else entries.clicked_at
        end,
        entries.campaign_id,
        entries.explicit_iteration_id
    having sum({{ summand('entries.clicks') }}) <> 0
    {%- endfor %}

),

{{ attribute_clicks('clicks', as_of, filters=true) }}

select
    iteration_id,
    strategy_id,
    {{ utc_day('clicked_at') }} as click_day,
    cast(sum(clicks) as bigint) as clicks
from attributed
where attribution_status = 'ATTRIBUTED'
group by iteration_id, strategy_id, {{ utc_day('clicked_at') }}
having sum(clicks) > 0
