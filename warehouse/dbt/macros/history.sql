{#-
  The history of attributions (attribution_history): the state of each conversion, from the first build that has it until the
  first build that no longer does. The builds have numbers without a gap, so the build before this one, which is the last
  recorded one, has the number before.

  history_columns: the columns that an interval carries and compares, those of gold except event_id, separated by blanks.
-#}
{% macro history_columns() -%}
click_id goal_reference_id payout converted_at loaded_at click_timestamp campaign_id strategy_id iteration_id attribution_status
{#- #} attribution_method microseconds_into_iteration click_loaded_at campaign_offer_id explicit_iteration_id iteration_created_at
{%- endmacro %}

{#-
  The columns whose values the history has in the state of the last recorded build, as text with two blanks in between. Not those
  that this build adds: a run of it that was not finished may have added them to the table, with values of other data. If the last
  build has left its gold, it has the columns of its release.
-#}
{% macro known_columns(last) -%}
{%- set stored = columns_of('attribution_history') ~ '' -%}
{%- set recorded = columns_of('goal_complete_events_attributed__' ~ last) ~ '' -%}
{%- for column in history_columns().split(' ') -%}
{%- if (' ' ~ column ~ ' ') in stored and (recorded | trim == '' or (' ' ~ column ~ ' ') in recorded) %} {{ column }} {% endif -%}
{%- endfor -%}
{%- endmacro %}

{#- Whether two values differ, where null equals null. Redshift has no IS DISTINCT FROM. -#}
{% macro differs(one, other) -%}
case when {{ one }} = {{ other }} or ({{ one }} is null and {{ other }} is null) then 0 else 1 end = 1
{%- endmacro %}

{#- Whether an interval has the state of a build. The table may have intervals of later builds, which are not finished. -#}
{% macro is_state_of_build(interval, build_number) -%}
{{ interval }}.from_build_number <= {{ build_number }}
        and ({{ interval }}.until_build_number is null or {{ interval }}.until_build_number > {{ build_number }})
{%- endmacro %}

{#-
  What the last recorded build says about the history, as three words: the oldest build that can be answered, the version of the
  rule, and as_of. Empty if the history does not go on, but begins again with this build: if that build recorded none, or if the
  number of intervals with the state of that build, or of the oldest one, is not the number of conversions that it recorded.
  That is so after an earlier release, or if the intervals or the builds were deleted, or belong to another source of data.

  Counts the intervals, so only attribution_history calls it. It must not use the note of history_before: the table may have
  changed since an earlier attempt of the same build.
-#}
{% macro counted_history() -%}
{%- if execute and var('literal_bounds', true) and ' history_since_build_number ' in columns_of('attribution_builds') ~ '' -%}
{%- set last = ((build_number() ~ '') | trim | int(0)) - 1 -%}
{%- set query %}
with builds as (

    select build_number, history_since_build_number, rule_version, as_of, conversions
    from "{{ target.schema }}".attribution_builds

),

last_build as (

    select
        builds.history_since_build_number,
        builds.rule_version,
        -- An invalid time can't be written as text.
        least(greatest(builds.as_of, {{ valid_from() }}), {{ valid_before() }}) as as_of,
        builds.conversions,
        oldest.conversions as oldest_conversions
    from builds
    inner join builds as oldest
        on oldest.build_number = builds.history_since_build_number
    where builds.build_number = {{ last }}

),

counted as (

    select
        count(case when {{ is_state_of_build('intervals', last) }} then 1 end) as conversions,
        count(
            case when {{ is_state_of_build('intervals', 'last_build.history_since_build_number') }} then 1 end
        ) as oldest_conversions
    from "{{ target.schema }}".attribution_history as intervals
    cross join last_build

)

select
    cast(last_build.history_since_build_number as varchar(20)) || ' ' || cast(last_build.rule_version as varchar(20)) || ' '
        || {{ instant_text('last_build.as_of') }} as history_text
from last_build
cross join counted
where counted.conversions = last_build.conversions
  and counted.oldest_conversions = last_build.oldest_conversions
{% endset -%}
{%- set rows = run_query(query).rows -%}
{{ rows[0][0] if rows | length > 0 else '' }}
{%- endif -%}
{%- endmacro %}

{#-
  The result of counted_history, for the models after attribution_history, which has noted it as the comment of its table.
  Counted if this build has noted none: if it has just created the table, or if attribution_history is not among its models.
-#}
{% macro history_before() -%}
{%- set note = noted_history() ~ '' -%}
{{ note.split(': ') | last | trim if note != '' else counted_history() }}
{%- endmacro %}

{#-
  The comment that notes a result of counted_history for this build.

  before: the result, which has no colon followed by a blank. The id of the build may have one.
-#}
{% macro history_note(before) -%}
history before build {{ (build_number() ~ '') | trim }} {{ build_id() }}: {{ before }}
{%- endmacro %}

{#- The comment, if this build has noted it; else empty. Other commands, such as docs generate, have no build. -#}
{% macro noted_history() -%}
{%- if execute and var('literal_bounds', true) and flags.WHICH in ['build', 'run', 'retry'] -%}
{%- set query %}
select cast(descriptions.description as varchar(512)) as note_text
{{ relations_and_comments() }}
  and relations.relname = 'attribution_history'
  and relations.relkind = 'r'
  and descriptions.description is not null
{% endset -%}
{%- set rows = run_query(query).rows -%}
{%- set note = (rows[0][0] ~ '') if rows | length > 0 else '' -%}
{{ note if note == history_note(note.split(': ') | last) ~ '' else '' }}
{%- endif -%}
{%- endmacro %}

{#- Whether this build continues the history of the builds before: 'true' or ''. -#}
{% macro history_continues() -%}
{{ 'true' if history_before() | trim != '' else '' }}
{%- endmacro %}

{#-
  The oldest build whose state can be answered when this build is finished.

  before: the result of history_before.
-#}
{% macro history_since(before) -%}
{%- set number = (build_number() ~ '') | trim | int(0) -%}
{%- set kept = number - (history_builds() | trim | int(0)) + 1 -%}
{%- set since = before.split(' ')[0] | int(0) if before != '' else number -%}
{{ since if since > kept else kept }}
{%- endmacro %}

{#- How many builds the history can answer. -#}
{% macro history_builds() -%}
{%- set builds = var('history_builds') | int(0) -%}
{%- if builds < 2 -%}
{{ exceptions.raise_compiler_error('The var history_builds must be a number, at least 2, not ' ~ var('history_builds') ~ '.') }}
{%- endif -%}
{{ builds }}
{%- endmacro %}

{#-
  A hook of attribution_history, before its rows: deletes what a build that was not finished has begun, and what the last
  recorded build can no longer answer; its readers are served until this build is finished. All intervals if the history
  begins again. The model itself opens the intervals again that an unfinished build has ended. Notes the result of
  counted_history.
-#}
{% macro delete_intervals() -%}
{%- if is_incremental() -%}
{%- set before = counted_history() | trim -%}
delete from {{ this }}
{%- if before != '' %}
where from_build_number >= {{ build_number() }}
   or until_build_number <= {{ before.split(' ')[0] }}
{%- endif %};
comment on table {{ this.include(database=false) }} is '{{ history_note(before) }}'
{%- endif -%}
{%- endmacro %}

{#-
  The iterations of the last recorded build, as a query: from the table that it published, or if that is not there, as they were
  first seen by it or a build before.
-#}
{% macro iterations_before() -%}
{%- set last = ((build_number() ~ '') | trim | int(0)) - 1 -%}
{%- set published = 'iterations_with_end_time__' ~ last -%}
{%- if var('literal_bounds', true) and (' ' ~ published ~ '=table ') in relations_of('iterations_with_end_time') ~ '' -%}
select iteration_id, strategy_id, created_at
    from "{{ target.schema }}"."{{ published }}"
{%- else -%}
select iteration_id, strategy_id, created_at
    from {{ ref('iterations_first_seen') }}
    where first_seen_build_number is null or first_seen_build_number <= {{ last }}
{%- endif -%}
{%- endmacro %}
