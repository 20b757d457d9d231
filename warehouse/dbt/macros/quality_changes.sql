{#- Why conversions may have no iteration, as attribution_builds counts them. -#}
{% macro unattributed_reasons() -%}
NO_CLICK_ID CLICK_NOT_FOUND CAMPAIGN_NOT_FOUND CAMPAIGN_WITHOUT_OFFER STRATEGY_NOT_FOUND SHARED_OFFER NO_ITERATIONS
{#- #} BEFORE_FIRST_ITERATION CLICK_AFTER_BUILD
{%- endmacro %}

{#-
  What the record of the build before says, as words: until when its mirror of AdSuite was complete (as_of is taken before the
  refresh), its conversions, those that are attributed, and those of each of unattributed_reasons. Empty if the history of
  attributions begins with this build. Literal values, because the record is the last model of a build, so it can't be a ref, and
  a view of it would make it hard to drop.
-#}
{% macro build_before() -%}
{%- if (history_continues() ~ '') | trim == 'true' -%}
{%- set query %}
select
    {{ instant_text('least(as_of, coalesce(mirror_refreshed_at, as_of))') }}
        || ' ' || cast(conversions as varchar(20))
        || ' ' || cast(attributed as varchar(20))
        {%- for reason in unattributed_reasons().split(' ') %}
        || ' ' || cast({{ reason | lower }} as varchar(20))
        {%- endfor %} as build_text
from "{{ target.schema }}".attribution_builds
where build_number = {{ (build_number() ~ '') | trim }} - 1
{% endset -%}
{%- set rows = run_query(query).rows -%}
{{ rows[0][0] if rows | length > 0 else '' }}
{%- endif -%}
{%- endmacro %}

{#- A hook before strategy_offers adds rows: deletes those of an earlier attempt at this build. -#}
{% macro delete_unfinished_offers() -%}
{%- if is_incremental() -%}
delete from {{ this }}
where from_build_number >= {{ (build_number() ~ '') | trim }}
{%- endif -%}
{%- endmacro %}

{#-
  How long an iteration may have existed before the mirror showed it: clocks of AdSuite and the warehouse differ, and its
  transaction began before it was committed.
-#}
{% macro backdating_tolerance() -%}
interval '15 minutes'
{%- endmacro %}

{#- A part of a whole, in percent; null if there is no whole. -#}
{% macro percentage(part, whole) -%}
cast(cast({{ part }} as double precision) * 100 / nullif(cast({{ whole }} as double precision), 0) as numeric(9, 4))
{%- endmacro %}

{#- The same as text, with two digits after the point. -#}
{% macro percentage_text(percentage) -%}
cast(cast({{ percentage }} as numeric(9, 2)) as varchar(16)) || ' %'
{%- endmacro %}
