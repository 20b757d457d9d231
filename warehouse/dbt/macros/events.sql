{#-
  One row per event_id and event_type of a relation shaped like base_events__events, with is_ahead: the one loaded last. A
  copy that is ahead (1) has a loaded_at that was in the future when it was read, which says nothing about when it was
  loaded, so any other copy comes before it. The remaining columns make the choice deterministic. A copy is kept as a
  whole: a null in it may be a correction.

  has_equal_copy: whether another copy was loaded at the same time, or neither has a known loaded_at: they have no order.
  more: names of other columns of the relation to keep.
-#}
{% macro deduplicated_events(relation, more=[]) -%}
{%- set newest_first %}
                partition by events.event_id, events.event_type
                order by
                    events.is_ahead asc,
                    events.loaded_at desc nulls last,
                    events.converted_at desc nulls last,
                    events.click_id asc nulls last,
                    events.goal_reference_id asc nulls last,
                    events.payout asc nulls last
{%- endset -%}
select
        numbered.event_id,
        numbered.event_type,
        numbered.click_id,
        numbered.goal_reference_id,
        numbered.payout,
        numbered.converted_at,
        numbered.loaded_at,
        numbered.payout_is_not_a_number,
        {%- for column in more %}
        numbered.{{ column }},
        {%- endfor %}
        case
            when numbered.next_loaded_at = numbered.loaded_at then true
            when numbered.loaded_at_is_unknown and numbered.copies_of_unknown_load > 1 then true
            else false
        end as has_equal_copy
    from (
        select
            events.*,
            row_number() over ({{ newest_first }}
            ) as copy_number,
            lead(events.loaded_at) over ({{ newest_first }}
            ) as next_loaded_at,
            sum(case when events.loaded_at_is_unknown then 1 else 0 end) over (
                partition by events.event_id, events.event_type
            ) as copies_of_unknown_load
        from {{ relation }} as events
    ) as numbered
    where numbered.copy_number = 1
{%- endmacro %}

{#-
  Whether the table of this model has the column loaded_ahead: 'true' or ''. A table of an earlier release gets it at the
  end of its first incremental run. The embedded warehouse builds the table again when the models have changed. Unit tests
  override this macro, because their rows of `this` are no relation of the database.
-#}
{% macro has_loaded_ahead() -%}
{%- if target.name == 'embedded' -%}
true
{%- elif execute -%}
{%- for column in adapter.get_columns_in_relation(this) -%}
{%- if column.name | lower == 'loaded_ahead' -%}true{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro %}

{#-
  The loaded_at from which an incremental run of `silver` reads events again: the look-back before the newest loaded_at
  that was not in the future when the previous run read the events (read_at).

  Every event that arrives up to the look-back after its loaded_at is found. It arrived after the previous run (otherwise
  that run has read it), so its loaded_at is later than read_at minus the look-back. A loader whose clock is ahead writes a
  loaded_at in the future; as the newest one, it would reduce the look-back by that difference, in this run if it is past
  by now. An older read_at (a run that wrote no row does not record its own) only means to read more.
-#}
{% macro events_read_from(silver) -%}
(
            select coalesce(
                max(loaded_at) - interval '{{ var("lookback_hours") }} hours',
                {{ instant('0001-01-01T00:00:00Z') }}
            )
            from {{ silver }}
            where loaded_at <= (select max(read_at) from {{ silver }})
        )
{%- endmacro %}

{#-
  The loaded_at from which the newest run of `silver` has read events. A run that wrote no row does not record its own: then
  the bound of an older run, which only means to report an event again. Rows of an earlier release have no bound.
-#}
{% macro events_last_read_from(silver) -%}
(
            select coalesce(min(read_from), {{ instant('0001-01-01T00:00:00Z') }})
            from {{ silver }}
            where read_at = (select max(read_at) from {{ silver }})
        )
{%- endmacro %}

{#- The counts, sums and extremes of a relation shaped like goal_complete_events. -#}
{% macro conversion_totals() -%}
count(*) as conversions,
        count(click_id) as with_click_id,
        count(goal_reference_id) as with_goal,
        coalesce(sum(payout), 0) as payout,
        min(converted_at) as first_converted_at,
        max(converted_at) as last_converted_at,
        max(loaded_at) as last_loaded_at
{%- endmacro %}
