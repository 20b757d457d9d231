{#-
  The id and the number of the build that this run makes.

  build_id: the var build_id. Without it, dbt's invocation id: then one invocation must make the whole build.
-#}
{% macro build_id() -%}
{{ var('build_id', invocation_id) }}
{%- endmacro %}

{#-
  The number as a literal. A run that builds has reserved it with its lease (lease.sql). Other commands, which
  write no table, get the number that the next build would have. In the embedded warehouse the runner passes it as a var. Unit
  tests override this macro.
-#}
{% macro build_number() -%}
{%- if target.name == 'embedded' -%}
{{ var('build_number', 0) }}
{%- elif not execute -%}
0
{%- elif needs_lease() -%}
{%- set lease = held_lease() -%}
{{ lease['build_number'] }}
{%- else -%}
{{ finished_builds()['newest'] + 1 }}
{%- endif -%}
{%- endmacro %}

{#-
  Only dbt: the highest number of a finished build (newest; 0 if there is none), and the number of this build if it is
  finished (own; else none).
-#}
{% macro finished_builds() -%}
{%- if not has_table('attribution_builds') -%}
{{ return({'newest': 0, 'own': none}) }}
{%- endif -%}
{%- set numbers -%}
select
    coalesce(max(build_number), 0) as newest,
    max(case when build_id = '{{ build_id() }}' then build_number end) as own
from {{ adapter.quote(target.schema) }}.attribution_builds
{%- endset -%}
{%- set row = run_query(numbers).rows[0] -%}
{{ return({'newest': row['newest'] | int, 'own': row['own']}) }}
{%- endmacro %}

{#-
  By dbt run-operation: fails unless the build is finished. An orchestrator that repeats a failed attempt asks this first,
  because a finished build can't be built again, but its tests can be repeated.
-#}
{% macro require_finished_build() -%}
{%- set number = finished_builds()['own'] -%}
{%- if number is none -%}
{{ exceptions.raise_compiler_error('Build ' ~ build_id() ~ ' is not finished.') }}
{%- endif -%}
{{ log('Build ' ~ build_id() ~ ' (number ' ~ number ~ ') is finished.', info=true) }}
{%- endmacro %}

{#- Only dbt: whether the schema has a table. Asks the database, because dbt's cache is older than the lease. -#}
{% macro has_table(name) -%}
{%- set tables -%}
select count(*) as tables from pg_tables where schemaname = '{{ target.schema }}' and tablename = '{{ name }}'
{%- endset -%}
{{ return(run_query(tables).rows[0]['tables'] | int > 0) }}
{%- endmacro %}

{#-
  Before the row in attribution_builds: the build must have findings, or the service would not push it. They are missing
  if another run recorded them under its own id, for example if dbt retry ran without the var build_id.
-#}
{% macro require_findings() -%}
{%- if target.name != 'embedded' and execute -%}
{%- set findings -%}
select count(*) as findings from {{ ref('data_quality_findings') }} where build_id = '{{ build_id() }}'
{%- endset -%}
{%- if run_query(findings).rows[0]['findings'] | int == 0 -%}
{{ exceptions.raise_compiler_error(
    'Build ' ~ build_id() ~ ' has no findings in data_quality_findings: another run recorded them, with another id. '
    ~ 'Build everything in one dbt build, or give each dbt command of the build, dbt retry included, the same var build_id.'
) }}
{%- endif -%}
{%- endif -%}
{%- endmacro %}
