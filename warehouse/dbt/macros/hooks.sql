{#-
  Creates an index on PostgreSQL; Redshift has none. dbt skips an empty hook.
-#}
{% macro index_on_postgres(columns) -%}
{%- if target.type == 'postgres' -%}
create index on {{ this }} ({{ columns }})
{%- endif -%}
{%- endmacro %}

{#- The same for an incremental table, which may have the index already. It has the rows that fulfil the condition, or all. -#}
{% macro lasting_index_on_postgres(name, columns, condition='') -%}
{%- if target.type == 'postgres' -%}
create index if not exists {{ name }} on {{ this }} ({{ columns }})
{%- if condition != '' %} where {{ condition }}{% endif -%}
{%- endif -%}
{%- endmacro %}

{#-
  The same for an incremental table that a full refresh replaces: the replaced table, which dbt drops afterwards, still has the
  index then.
-#}
{% macro renewed_index_on_postgres(name, columns) -%}
{%- if target.type == 'postgres' -%}
{%- if not is_incremental() -%}
drop index if exists "{{ target.schema }}".{{ name }};
{% endif -%}
create index if not exists {{ name }} on {{ this }} ({{ columns }})
{%- endif -%}
{%- endmacro %}

{#-
  The plans of later models need this table's size. Redshift analyzes the result of CREATE TABLE AS automatically, but a
  table with a contract is created first and filled afterwards. Redshift's ANALYZE accepts no database name.
-#}
{% macro analyze_table() -%}
analyze {{ this.include(database=false) }}
{%- endmacro %}

{#-
  The columns of a table of the schema, as text: a blank before and after each; empty if there is no such table. Asks the
  database, because a table that a full refresh keeps may be of an earlier release.
-#}
{% macro columns_of(table) -%}
{%- if execute -%}
{%- set query %}
select cast(columns.attname as varchar(128)) as column_name
from pg_catalog.pg_attribute as columns
inner join pg_catalog.pg_class as relations
    on relations."oid" = columns.attrelid
inner join pg_catalog.pg_namespace as schemas
    on schemas."oid" = relations.relnamespace
where schemas.nspname = '{{ target.schema }}'
  and relations.relname = '{{ table }}'
  and columns.attnum > 0
  and not columns.attisdropped
{% endset -%}
{%- for row in run_query(query).rows %} {{ row[0] }} {% endfor -%}
{%- endif -%}
{%- endmacro %}

{#- The same, but all columns that are asked for in unit tests, whose rows of `this` are no relation of the database. -#}
{% macro has_column(table, column) -%}
{{ 'true' if not var('literal_bounds', true) or (' ' ~ column ~ ' ') in columns_of(table) ~ '' else '' }}
{%- endmacro %}
