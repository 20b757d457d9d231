{#-
  What PostgreSQL needs after a table is built and Redshift does by itself or does not have. An empty hook is skipped.
-#}
{% macro index_on_postgres(columns) -%}
{%- if target.type == 'postgres' -%}
create index on {{ this }} ({{ columns }})
{%- endif -%}
{%- endmacro %}

{#- The next model's plan needs to know how large this table is. -#}
{% macro analyze_on_postgres() -%}
{%- if target.type == 'postgres' -%}
analyze {{ this }}
{%- endif -%}
{%- endmacro %}
