{#-
  Publishing. dbt replaces the tables that the service reads one by one, and tests them, before the row of
  attribution_builds announces them. So that no reader of a build sees parts of the next one, attribution_builds renames
  each of these tables: strategies becomes strategies__<build number>, and strategies a view of it. The service reads the
  tables with the number of its build, which no statement changes. The next build replaces the view by a new table.

  published_models: the names of these models, separated by blanks.
-#}
{% macro published_models() -%}
strategies iterations_with_end_time campaigns goal_complete_events_attributed iteration_metrics_daily iteration_clicks_daily
{#- #} iteration_clicks_quarter_hourly unattributed_fixes
{%- endmacro %}

{#-
  A hook of each of these models: the table's comment names the build that made it, so that only tables of one build are
  published together.
-#}
{% macro mark_build() -%}
comment on table {{ this.include(database=false) }} is 'build {{ build_id() }}'
{%- endmacro %}

{#-
  The table or view of a model, and the tables that builds have published of it, as text: a blank before and after each
  name=kind, the highest number first. The kind is view, own for a table of this build, table for that of another one, or
  unmarked for a table that mark_build has not marked. Empty if the command does not build.
-#}
{% macro relations_of(model) -%}
{%- if target.name == 'embedded' -%}
{%- set rows = var('relations', {})[model] or [] -%}
{%- elif execute and flags.WHICH in ['build', 'run', 'retry'] -%}
{#- Not dbt's cache, which does not know what this macro renames. -#}
{%- set query %}
select
    cast(relations.relname as varchar(128)) as relation_name,
    case when relations.relkind = 'v' then 'view' else 'table' end as kind,
    cast(descriptions.description as varchar(256)) as comment_text
{{ relations_and_comments() }}
  and relations.relkind in ('r', 'v')
  and relations.relname ~ '^{{ model }}(__[0-9]{1,18})?$'
order by cast(nullif(split_part(cast(relations.relname as varchar(128)), '__', 2), '') as bigint) desc nulls last
{% endset -%}
{%- set rows = run_query(query).rows -%}
{%- else -%}
{%- set rows = [] -%}
{%- endif -%}
{%- set own = 'build ' ~ build_id() -%}
{%- for row in rows %} {{ row[0] }}=
{%- if row[1] == 'view' -%}
view
{%- elif row[2] == own -%}
own
{%- else -%}
{{ 'table' if 'build ' in (row[2] or '') else 'unmarked' }}
{%- endif %} {% endfor -%}
{%- endmacro %}

{#-
  FROM and WHERE of a query of the schema's relations and their comments, null if they have none: a relation is `relations`, its
  comment `descriptions`.
-#}
{% macro relations_and_comments() -%}
from pg_catalog.pg_class as relations
inner join pg_catalog.pg_namespace as schemas
    on schemas."oid" = relations.relnamespace
inner join pg_catalog.pg_class as catalog
    on catalog.relname = 'pg_class'
    and catalog.relnamespace = (select "oid" from pg_catalog.pg_namespace where nspname = 'pg_catalog')
left join pg_catalog.pg_description as descriptions
    on descriptions.objoid = relations."oid"
    and descriptions.classoid = catalog."oid"
    and descriptions.objsubid = 0
where schemas.nspname = '{{ target.schema }}'
{%- endmacro %}

{#-
  A hook before the build's row, in its transaction: names first, so that a build with a row has its tables even if the
  warehouse commits each statement. A run that stops in between leaves tables without a row, which are not read: the next
  build, which has the same number, drops them, and a retry of the run continues.

  Fails if one of the tables is of another build: readers would get two builds as one.
-#}
{% macro publish_tables() -%}
{#- Hooks are rendered while dbt parses the project, too. -#}
{%- if execute -%}
{#- Ends the run before anything is published if the var is invalid. -#}
{%- set ignored = kept_builds() -%}
{%- set number = build_number() | trim -%}
{%- set schema = '"' ~ target.schema ~ '".' -%}
{%- for model in (published_models() | trim).split(' ') -%}
{%- set relations = relations_of(model) ~ '' -%}
{%- set published = model ~ '__' ~ number -%}
{%- if (' ' ~ published ~ '=unmarked ') in relations -%}
{{ exceptions.raise_compiler_error(
    'The table ' ~ published ~ ' has the name that this build publishes, and is not of a build. Rename it, or drop it.'
) }}
{%- elif (' ' ~ model ~ '=own ') in relations -%}
{%- if (' ' ~ published ~ '=') in relations %}
drop table {{ schema }}"{{ published }}" cascade;
{%- endif %}
alter table {{ schema }}"{{ model }}" rename to "{{ published }}";
{%- elif (' ' ~ published ~ '=own ') not in relations or (' ' ~ model ~ '=table ') in relations
    or (' ' ~ model ~ '=unmarked ') in relations -%}
{{ exceptions.raise_compiler_error(
    'Build ' ~ build_id() ~ ' has not made ' ~ model ~ '. These tables are published together: ' ~ published_models() | trim
    ~ '. Only a part of the models was run, some were run without the var build_id, or another build has replaced them since. '
    ~ 'Nothing was published. Run all models again in one dbt build; in Airflow, clear the whole run, or wait for the next one.'
) }}
{%- elif (' ' ~ model ~ '=view ') in relations %}
drop view {{ schema }}"{{ model }}" cascade;
{%- endif %}
create view {{ schema }}"{{ model }}" as select * from {{ schema }}"{{ published }}"
{%- if target.type == 'redshift' %} with no schema binding{% endif %};
{%- endfor -%}
{%- endif -%}
{%- endmacro %}

{#-
  on-run-end: drops the tables of lower numbers than the newest build's, except those of the newest kept_builds builds in
  attribution_builds. Only tables that a build has marked, and none if the numbers began again.

  After the row of the build is committed and the run lease is given back, because a table that is still read blocks its drop,
  which must block nothing else: no run writes tables of such numbers. On PostgreSQL it gives up after two seconds, and the
  next build drops the table; views that no build has made again since are dropped with it.
-#}
{% macro drop_old_tables() -%}
{%- set relations -%}
{%- if target.name == 'embedded' or (execute and needs_lease()) -%}
{%- for model in (published_models() | trim).split(' ') -%}{{ relations_of(model) }}{%- endfor -%}
{%- endif -%}
{%- endset -%}
{#- Without such tables, attribution_builds may be of an earlier release, and lack the column; it may also have been dropped. -#}
{%- if '__' in relations and (relations_of('attribution_builds') | trim) != '' -%}
{%- set query %}
select distinct tables_build_number
from "{{ target.schema }}".attribution_builds
where tables_build_number is not null
order by tables_build_number desc
limit {{ kept_builds() }}
{% endset -%}
{%- set rows = run_query(query).rows -%}
{#- As text: a blank before and after each number. -#}
{%- set kept -%}
{%- for row in rows %} {{ row[0] | int(0) }} {% endfor -%}
{%- endset -%}
{%- set newest = rows[0][0] | int(0) if rows | length > 0 else 0 -%}
{%- for relation in (relations | trim).split('  ') -%}
{%- set name = relation.split('=')[0] -%}
{%- set number = name.split('__')[1] | int(0) if '__' in name else 0 -%}
{%- if relation.split('=')[1] in ['own', 'table'] and number > 0 and number < newest and (' ' ~ number ~ ' ') not in kept %}
{%- set drop = 'drop table if exists "' ~ target.schema ~ '"."' ~ name ~ '" cascade' %}
{%- if target.type == 'redshift' %}
{{ drop }};
{%- else %}
do $$ begin perform set_config('lock_timeout', '2s', true); {{ drop }}; exception when lock_not_available then null; end $$;
{%- endif %}
{%- endif -%}
{%- endfor -%}
{%- if target.name != 'embedded' %}
commit
{%- endif -%}
{%- endif -%}
{%- endmacro %}

{#- How many published builds keep their tables. The served build and the one before it are always kept. -#}
{% macro kept_builds() -%}
{%- set kept = var('kept_builds') | int(0) -%}
{%- if kept < 2 -%}
{{ exceptions.raise_compiler_error('The var kept_builds must be a number, at least 2, not ' ~ var('kept_builds') ~ '.') }}
{%- endif -%}
{{ kept }}
{%- endmacro %}
