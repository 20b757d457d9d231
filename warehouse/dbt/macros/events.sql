{#-
  One row per event_id and event_type of a relation shaped like base_events__events: the one loaded last. A copy whose
  loaded_at is in the future says nothing about when it was loaded, so any other copy comes before it. The remaining
  columns make the choice deterministic. A copy is kept as a whole: a null in it may be a correction.
-#}
{% macro deduplicated_events(relation) -%}
{%- set newest_first %}
                partition by events.event_id, events.event_type
                order by
                    case when events.loaded_at <= {{ instant(run_started_at.isoformat()) }} then 0 else 1 end,
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
        case when numbered.next_loaded_at = numbered.loaded_at then true else false end as has_equal_copy
    from (
        select
            events.*,
            row_number() over ({{ newest_first }}
            ) as copy_number,
            lead(events.loaded_at) over ({{ newest_first }}
            ) as next_loaded_at
        from {{ relation }} as events
    ) as numbered
    where numbered.copy_number = 1
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
  The loaded_at from which the newest run of `silver` has read events, or an earlier one: events_read_from as it was before
  that run. A run that read everything leaves no row of an earlier run.
-#}
{% macro events_last_read_from(silver) -%}
(
            select coalesce(
                max(loaded_at) - interval '{{ var("lookback_hours") }} hours',
                {{ instant('0001-01-01T00:00:00Z') }}
            )
            from {{ silver }}
            where loaded_at <= (
                select max(read_at) from {{ silver }} where read_at < (select max(read_at) from {{ silver }})
            )
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
