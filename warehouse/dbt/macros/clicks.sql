{#-
  The order that selects a click's copy: the earliest, then the lowest campaign, then the lowest explicit iteration.
  Copies that are equal in all three have the same attribution. What one copy lacks is that of the first copy
  that has it: in conversion_clicks for the clicks of conversions, in stg_adgem__completed_clicks for all clicks.
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

{#- One row per click_id of a relation shaped like base_adgem__clicks. -#}
{% macro deduplicated_clicks(relation) -%}
select
        numbered.click_id,
        numbered.campaign_id,
        numbered.clicked_at,
        numbered.explicit_iteration_id,
        numbered.loaded_at
    from (
        select
            clicks.*,
            row_number() over (
                partition by clicks.click_id
                order by {{ first_click_first('clicks') }}, clicks.loaded_at asc nulls last
            ) as copy_number
        from {{ relation }} as clicks
    ) as numbered
    where numbered.copy_number = 1
{%- endmacro %}

{#- A condition on a click and its conversion, with a leading AND: the click is not too old; none if click_window_days is 0. -#}
{% macro within_click_window(clicked_at, converted_at) -%}
{%- if var('click_window_days') > 0 %}
        and {{ clicked_at }} >= {{ converted_at }} - interval '{{ var("click_window_days") }} days'
{%- endif -%}
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
