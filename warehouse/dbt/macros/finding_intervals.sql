{#-
  A hook before finding_intervals adds to its rows. Deletes what an earlier attempt at this build has opened, because a build
  that failed is not a build, and what was resolved so long ago that it is not kept.
-#}
{% macro delete_outdated_intervals() -%}
{%- if is_incremental() -%}
delete from {{ this }}
where first_seen_build_number >= {{ (build_number() ~ '') | trim }}
   or resolved_build_number <= {{ (build_number() ~ '') | trim }} - {{ history_builds() | trim }}
{%- endif -%}
{%- endmacro %}
