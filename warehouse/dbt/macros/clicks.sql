{#-
  The order that selects a click's copy: the earliest, then the lowest campaign, then the lowest explicit iteration.
  Copies that are equal in all three have the same attribution.
-#}
{% macro first_click_first(clicks) -%}
{{ clicks }}.clicked_at asc nulls last,
            {{ clicks }}.campaign_id asc nulls last,
            {{ clicks }}.explicit_iteration_id asc nulls last
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
