{#-
  The number of the build that is being made, as a literal: one more than the last recorded build's. In the embedded
  warehouse the runner passes it.
-#}
{% macro build_number() -%}
{%- if target.name == 'embedded' -%}
{{ var('build_number', 1) }}
{%- elif execute and flags.WHICH in ['build', 'run', 'retry'] -%}
{%- set builds = adapter.get_relation(this.database, this.schema, 'attribution_builds') -%}
{%- if builds -%}
{{ run_query('select coalesce(max(build_number), 0) + 1 from ' ~ builds).rows[0][0] | int }}
{%- else -%}
1
{%- endif -%}
{%- else -%}
1
{%- endif -%}
{%- endmacro %}
