{#-
  One row per event_id and event_type of a relation shaped like base_events__events: the one loaded last. The
  remaining columns make the choice deterministic.
-#}
{% macro deduplicated_events(relation) -%}
select
        numbered.event_id,
        numbered.event_type,
        numbered.click_id,
        numbered.goal_reference_id,
        numbered.payout,
        numbered.converted_at,
        numbered.loaded_at
    from (
        select
            events.*,
            row_number() over (
                partition by events.event_id, events.event_type
                order by
                    events.loaded_at desc nulls last,
                    events.converted_at desc nulls last,
                    events.click_id asc nulls last,
                    events.goal_reference_id asc nulls last,
                    events.payout asc nulls last
            ) as copy_number
        from {{ relation }} as events
    ) as numbered
    where numbered.copy_number = 1
{%- endmacro %}
