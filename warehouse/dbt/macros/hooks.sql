{#-
  Creates an index on PostgreSQL; Redshift has none. dbt skips an empty hook.
-#}
{% macro index_on_postgres(columns) -%}
{%- if target.type == 'postgres' -%}
create index on {{ this }} ({{ columns }})
{%- endif -%}
{%- endmacro %}

{#- The same for an incremental table, which may have the index already. -#}
{% macro lasting_index_on_postgres(name, columns) -%}
{%- if target.type == 'postgres' -%}
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
