{#-
  Why the attribution of a conversion changed: the first hop that differs, from the event to the iteration.

  CTEs for the query's WITH. The last one, `caused`, is `changes` with the column cause.

  changes: a relation with old_<column> and new_<column> for event_id and each of history_columns: the state at the last
           recorded build and at this one. On one side all may be null.
  before:  the result of counted_history.
  as_of:   this build's time, RFC 3339.

  The iteration that decides is found like this. If the new iteration begins after the old one, it took the click: it was added,
  or moved or edited. If it begins before, the old one left the click: it is gone, or was moved or edited. Other iterations may
  have changed too, but can't have moved this click. A click after the build has no iteration, so there it is the one that
  ends the window, or the last one; without a last or a first iteration that begins in time, the strategy's first one.
-#}
{% macro history_causes(changes, before, as_of) -%}
{%- set words = before.split(' ') -%}
{%- set in_order = 'partition by strategy_id order by created_at, iteration_id' -%}
{%- set in_reverse = 'partition by strategy_id order by created_at desc, iteration_id desc' -%}
{%- for side in ['old', 'new'] -%}
{{ side }}_iterations as (

    select
        iteration_id,
        strategy_id,
        row_number() over ({{ in_order }}) as number_from_first,
        row_number() over ({{ in_reverse }}) as number_from_last,
        lead(iteration_id) over ({{ in_order }}) as next_iteration_id
    from (
    {% if side == 'old' -%}
    {{ iterations_before() }}
    {%- else -%}
    select iteration_id, strategy_id, created_at
    from {{ ref('iterations_with_end_time') }}
    {%- endif %}
    ) as iterations

),

{% endfor -%}
decisive as (

    select
        changes.*,
        case
            when {{ differs('changes.new_explicit_iteration_id', 'changes.old_explicit_iteration_id') }}
                then changes.new_explicit_iteration_id
            when changes.new_attribution_status = 'ATTRIBUTED' and changes.old_attribution_status = 'CLICK_AFTER_BUILD'
                then new_live.next_iteration_id
            when changes.old_iteration_id is null and changes.new_iteration_id is not null
                then changes.new_iteration_id
            when changes.new_iteration_created_at > changes.old_iteration_created_at
                or (
                    changes.new_iteration_created_at = changes.old_iteration_created_at
                    and changes.new_iteration_id > changes.old_iteration_id
                )
                then changes.new_iteration_id
            when changes.new_attribution_status = 'CLICK_AFTER_BUILD'
                and changes.old_attribution_status in ('NO_ITERATIONS', 'BEFORE_FIRST_ITERATION')
                then new_last.iteration_id
            when changes.new_attribution_status = 'BEFORE_FIRST_ITERATION' and changes.old_attribution_status = 'NO_ITERATIONS'
                then new_first.iteration_id
        end as came_iteration_id,
        case
            when {{ differs('changes.new_explicit_iteration_id', 'changes.old_explicit_iteration_id') }}
                then changes.old_explicit_iteration_id
            when changes.old_attribution_status = 'ATTRIBUTED' and changes.new_attribution_status = 'CLICK_AFTER_BUILD'
                then old_live.next_iteration_id
            when changes.old_iteration_id is not null
                then changes.old_iteration_id
            when changes.old_attribution_status = 'CLICK_AFTER_BUILD'
                then old_last.iteration_id
            when changes.old_attribution_status = 'BEFORE_FIRST_ITERATION'
                then old_first.iteration_id
        end as left_iteration_id
    from {{ changes }} as changes
    left join new_iterations as new_live
        on new_live.iteration_id = changes.new_iteration_id
    left join new_iterations as new_last
        on new_last.strategy_id = changes.new_strategy_id
        and new_last.number_from_last = 1
    left join new_iterations as new_first
        on new_first.strategy_id = changes.new_strategy_id
        and new_first.number_from_first = 1
    left join old_iterations as old_live
        on old_live.iteration_id = changes.old_iteration_id
    left join old_iterations as old_last
        on old_last.strategy_id = changes.old_strategy_id
        and old_last.number_from_last = 1
    left join old_iterations as old_first
        on old_first.strategy_id = changes.old_strategy_id
        and old_first.number_from_first = 1

),

caused as (

    select
        changes.*,
        cast(
            case
                when changes.old_event_id is null then 'NEW'
                when changes.new_event_id is null then 'GONE'
                {%- for column in ['click_id', 'goal_reference_id', 'payout', 'converted_at', 'loaded_at'] %}
                when {{ differs('changes.new_' ~ column, 'changes.old_' ~ column) }} then 'EVENT_CORRECTED'
                {%- endfor %}
                when changes.old_click_timestamp is null and changes.new_click_timestamp is not null then 'CLICK_ARRIVED'
                when changes.old_click_timestamp is not null and changes.new_click_timestamp is null then 'CLICK_LOST'
                {%- for column in ['click_timestamp', 'campaign_id', 'click_loaded_at'] %}
                when {{ differs('changes.new_' ~ column, 'changes.old_' ~ column) }} then 'CLICK_CORRECTED'
                {%- endfor %}
                {%- if words[1] != rule_version() | trim %}
                when 1 = 1 then 'RULE_CHANGED'
                {%- endif %}
                when {{ differs('changes.new_explicit_iteration_id', 'changes.old_explicit_iteration_id') }}
                    then case
                        when changes.old_explicit_iteration_id is null and came_before.iteration_id is null
                            then 'ITERATION_ADDED'
                        when changes.new_explicit_iteration_id is null and left_now.iteration_id is null
                            then 'ITERATION_GONE'
                        else 'EXPLICIT_ITERATION'
                    end
                when changes.new_explicit_iteration_id is not null
                    then case
                        when changes.new_strategy_id <> changes.old_strategy_id then 'ITERATION_MOVED'
                        else 'ITERATION_EDITED'
                    end
                when changes.old_attribution_status <> changes.new_attribution_status
                    and changes.old_attribution_status = 'CAMPAIGN_NOT_FOUND'
                    then 'CAMPAIGN_ARRIVED'
                when changes.old_attribution_status <> changes.new_attribution_status
                    and changes.new_attribution_status = 'CAMPAIGN_NOT_FOUND'
                    then 'CAMPAIGN_LOST'
                when {{ differs('changes.new_campaign_offer_id', 'changes.old_campaign_offer_id') }} then 'CAMPAIGN_OFFER_CHANGED'
                when {{ differs('changes.new_strategy_id', 'changes.old_strategy_id') }}
                    and changes.old_strategy_id is not null
                    and strategies.strategy_id is null
                    then 'STRATEGY_GONE'
                when changes.old_attribution_status <> changes.new_attribution_status
                    and changes.old_attribution_status = 'STRATEGY_NOT_FOUND'
                    then 'OFFER_ASSIGNED'
                when changes.old_attribution_status <> changes.new_attribution_status
                    and changes.new_attribution_status = 'STRATEGY_NOT_FOUND'
                    then 'OFFER_REMOVED'
                when changes.old_attribution_status <> changes.new_attribution_status
                    and changes.old_attribution_status = 'SHARED_OFFER'
                    then 'OFFER_UNSHARED'
                when changes.old_attribution_status <> changes.new_attribution_status
                    and changes.new_attribution_status = 'SHARED_OFFER'
                    then 'OFFER_SHARED'
                when changes.new_strategy_id <> changes.old_strategy_id then 'OFFER_MOVED'
                when changes.new_iteration_id = changes.old_iteration_id then 'ITERATION_EDITED'
                -- A click at or after as_of was after that build, if its window had no end.
                when changes.old_attribution_status = 'CLICK_AFTER_BUILD'
                    and changes.new_attribution_status = 'ATTRIBUTED'
                    and changes.new_click_timestamp < {{ instant(as_of) }}
                    then 'CLICK_REACHED'
                when changes.new_attribution_status = 'CLICK_AFTER_BUILD'
                    and changes.old_attribution_status = 'ATTRIBUTED'
                    and changes.old_click_timestamp < {{ instant(words[2]) }}
                    then 'CLICK_REACHED'
                when changes.came_iteration_id is not null
                    then case
                        when came_before.iteration_id is null then 'ITERATION_ADDED'
                        when came_before.strategy_id <> changes.new_strategy_id then 'ITERATION_MOVED'
                        else 'ITERATION_EDITED'
                    end
                when changes.left_iteration_id is not null
                    then case
                        when left_now.iteration_id is null then 'ITERATION_GONE'
                        when left_now.strategy_id <> changes.old_strategy_id then 'ITERATION_MOVED'
                        else 'ITERATION_EDITED'
                    end
                else 'OTHER'
            end as varchar(32)
        ) as cause
    from decisive as changes
    left join {{ ref('strategies') }} as strategies
        on strategies.strategy_id = changes.old_strategy_id
    left join old_iterations as came_before
        on came_before.iteration_id = changes.came_iteration_id
    left join new_iterations as left_now
        on left_now.iteration_id = changes.left_iteration_id

)
{%- endmacro %}
