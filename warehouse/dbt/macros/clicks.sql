{#-
  The order that selects a click's copy: the earliest, then the lowest campaign, then the lowest explicit iteration.
  Copies that are equal in all three have the same attribution. The copies are those of base_adgem__clicks, which has
  filled what one copy lacks and another has.
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
