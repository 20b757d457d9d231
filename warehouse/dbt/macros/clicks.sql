{#-
  The order that selects a click's copy: the earliest, then the lowest campaign, then the lowest explicit iteration.
  Copies that are equal in all three have the same attribution. What one copy lacks is that of the first copy
  that has it.
-#}
{% macro first_click_first(clicks) -%}
{{ clicks }}.clicked_at asc nulls last,
            {{ clicks }}.campaign_id asc nulls last,
            {{ clicks }}.explicit_iteration_id asc nulls last
{%- endmacro %}

{#- The condition for a row of the source: a click without id can't be found, and one without a valid time has no window. -#}
{% macro is_usable_click(clicks) -%}
{{ clicks }}.click_id is not null
  and {{ is_in_range(clicks ~ '."timestamp"') }}
{%- endmacro %}

{#-
  CTEs for the query's WITH: the last one, `chosen`, has one row per click_id and values of `keys` of a relation with these
  columns, campaign_id, clicked_at and explicit_iteration_id: the click, each field of its first copy that has it.

  Few clicks have copies that contradict each other. Only theirs are ranked; of the others any value is the first one.
-#}
{% macro chosen_clicks(relation, keys) -%}
grouped as (

    select
        click_id,
        {{ keys | join(', ') }},
        min(clicked_at) as clicked_at,
        min(campaign_id) as campaign_id,
        max(campaign_id) as highest_campaign_id,
        min(explicit_iteration_id) as explicit_iteration_id,
        max(explicit_iteration_id) as highest_iteration_id
    from {{ relation }}
    group by click_id, {{ keys | join(', ') }}

),

ranked as (

    select
        copies.*,
        row_number() over (
            partition by copies.click_id{% for key in keys %}, copies.{{ key }}{% endfor %}
            order by case when copies.campaign_id is null then 1 else 0 end, {{ first_click_first('copies') }}
        ) as campaign_rank,
        row_number() over (
            partition by copies.click_id{% for key in keys %}, copies.{{ key }}{% endfor %}
            order by case when copies.explicit_iteration_id is null then 1 else 0 end, {{ first_click_first('copies') }}
        ) as iteration_rank
    from {{ relation }} as copies
    inner join grouped
        on grouped.click_id = copies.click_id
        {%- for key in keys %}
        and grouped.{{ key }} = copies.{{ key }}
        {%- endfor %}
    where grouped.campaign_id < grouped.highest_campaign_id
       or grouped.explicit_iteration_id < grouped.highest_iteration_id

),

firsts as (

    select
        click_id,
        {{ keys | join(', ') }},
        max(case when campaign_rank = 1 then campaign_id end) as campaign_id,
        max(case when iteration_rank = 1 then explicit_iteration_id end) as explicit_iteration_id
    from ranked
    group by click_id, {{ keys | join(', ') }}

),

chosen as (

    select
        {%- for key in keys %}
        grouped.{{ key }},
        {%- endfor %}
        grouped.click_id,
        grouped.clicked_at,
        coalesce(firsts.campaign_id, grouped.campaign_id) as campaign_id,
        coalesce(firsts.explicit_iteration_id, grouped.explicit_iteration_id) as explicit_iteration_id
    from grouped
    left join firsts
        on firsts.click_id = grouped.click_id
        {%- for key in keys %}
        and firsts.{{ key }} = grouped.{{ key }}
        {%- endfor %}

)
{%- endmacro %}

{#- A condition on a click and its conversion, with a leading AND: the click is not too old; none if click_window_days is 0. -#}
{% macro within_click_window(clicked_at, converted_at) -%}
{%- if var('click_window_days') > 0 %}
        and {{ clicked_at }} >= {{ converted_at }} - {{ exact_days(var('click_window_days')) }}
{%- endif -%}
{%- endmacro %}

{#-
  A condition on an older copy of a click, with a leading AND: with click_copies_days, copies of a click are at most that many
  days apart.
-#}
{% macro within_copies_window(clicked_at, first_clicked_at) -%}
{%- if var('click_copies_days') > 0 %}
          and {{ clicked_at }} >= {{ first_clicked_at }} - {{ exact_days(var('click_copies_days')) }}
{%- endif -%}
{%- endmacro %}

{#-
  Whether a row of a relation shaped like base_adgem__clicks was loaded at or after `since`. A click without a valid loaded_at
  counts as loaded when it happened. The first condition follows from the second, but compares the source's own columns, so
  that a warehouse can use an index, or skip blocks by their bounds.
-#}
{% macro loaded_since(clicks, since) -%}
(
              {{ clicks }}.source_loaded_at >= {{ since }}
              or (
                  {{ clicks }}.clicked_at >= {{ since }}
                  and ({{ clicks }}.source_loaded_at is null or {{ is_out_of_range(clicks ~ '.source_loaded_at') }})
              )
          )
          and coalesce({{ clicks }}.loaded_at, {{ clicks }}.clicked_at) >= {{ since }}
{%- endmacro %}

{#-
  A hook of clicks_by_quarter_hour: fails if the table of clicks was loaded again with another loaded_at, because its clicks
  would count twice. That is so if some clicks are counted for good, the source has none that was loaded before the end of the
  last run, and has clicks that are as old as those that are counted for good. A source that keeps clicks for the look-back
  and the time between two builds has older ones, unless no click came for so long; then it has no old clicks either.
-#}
{% macro require_counted_clicks() -%}
{%- if is_incremental() and not var('old_clicks_deleted') -%}
{%- set counted_through = literal_instant(clicks_counted_through(this)) -%}
{%- set found %}
        select 1 as one
        from {{ ref('base_adgem__clicks') }}
        where {{ is_not_blank('click_id') }}
          and {% endset -%}
{%- set query %}
select loaded_before.clicks
from (
    select count(*) as clicks
    from (
        {{- found }}coalesce(loaded_at, clicked_at) < {{ counted_through }} + interval '{{ var("lookback_hours") }} hours'
        limit 1
    ) as first_one
) as loaded_before
cross join (
    select count(*) as clicks
    from (
        {{- found }}clicked_at < {{ counted_through }}
        limit 1
    ) as first_one
) as old_clicks
where loaded_before.clicks = 0
  and old_clicks.clicks > 0
{% endset -%}
{%- set counted %}
select {{ number_text('sum(clicks)') }} as clicks
from {{ this }}
where counted_through < {{ valid_before() }}
having sum(clicks) > 0
{% endset -%}
{#- The sum reads the whole table, so only then. -#}
{%- set rows = run_query(counted).rows if run_query(query).rows | length > 0 else [] -%}
{#- The embedded runner renders once before it has the result. -#}
{%- if rows | length > 0 and rows[0][0] != '' -%}
{{ exceptions.raise_compiler_error(
    'clicks_by_quarter_hour counts ' ~ rows[0][0] ~ ' clicks, but every click in adgem.clicks was loaded after the last build, '
    ~ 'also old ones. If the table was loaded again, its clicks would count twice: drop conversion_clicks and '
    ~ 'clicks_by_quarter_hour, if the source has all clicks, and repeat the build. If the older rows were deleted and '
    ~ 'these clicks are late, repeat the build once with the var old_clicks_deleted: true. Nothing was counted.'
) }}
{%- endif -%}
{%- endif -%}
{%- endmacro %}

{#- The loaded_at up to which the rows of clicks_by_quarter_hour are final. -#}
{% macro clicks_counted_through(clicks_by_quarter_hour) -%}
(
            select coalesce(max(counted_through), {{ instant('0001-01-01T00:00:00Z') }})
            from {{ clicks_by_quarter_hour }}
            where counted_through < {{ valid_before() }}
        )
{%- endmacro %}

{#- The loaded_at from which the newest run of clicks_by_quarter_hour has read clicks. -#}
{% macro clicks_last_read_from(clicks_by_quarter_hour) -%}
(
            select coalesce(max(read_from), {{ instant('0001-01-01T00:00:00Z') }})
            from {{ clicks_by_quarter_hour }}
            where counted_through = {{ valid_before() }}
        )
{%- endmacro %}

{#-
  The loaded_at from which an incremental run of `conversion_clicks` reads clicks again. Every click that arrives up to the
  look-back after its loaded_at is found: it arrived after the last run that wrote a row (read_at).
-#}
{% macro clicks_read_from(conversion_clicks) -%}
(
            select coalesce(
                max(read_at) - interval '{{ var("lookback_hours") }} hours',
                {{ instant('0001-01-01T00:00:00Z') }}
            )
            from {{ conversion_clicks }}
        )
{%- endmacro %}
