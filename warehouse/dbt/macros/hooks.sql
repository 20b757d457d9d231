{#-
  What PostgreSQL needs after a table is built and Redshift does not have. An empty hook is skipped.
-#}
{% macro index_on_postgres(columns) -%}
{%- if target.type == 'postgres' -%}
create index on {{ this }} ({{ columns }})
{%- endif -%}
{%- endmacro %}

{#- The same for a table that is added to, where each run finds the index of the run before. -#}
{% macro lasting_index_on_postgres(name, columns) -%}
{%- if target.type == 'postgres' -%}
create index if not exists {{ name }} on {{ this }} ({{ columns }})
{%- endif -%}
{%- endmacro %}

{#-
  The next model's plan needs to know how large this table is. Redshift counts by itself what CREATE TABLE AS writes, but
  a table with a contract is created, then inserted into. Its ANALYZE is documented to take a schema, not a database.
-#}
{% macro analyze_table() -%}
analyze {{ this.include(database=false) }}
{%- endmacro %}
