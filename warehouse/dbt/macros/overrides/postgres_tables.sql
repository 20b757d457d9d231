{#-
  Replaces dbt-postgres's macro for tables with an enforced contract, which creates an empty table and inserts the rows.
  PostgreSQL has no parallel plan for an INSERT; it has one for CREATE TABLE AS.

  The columns are cast to their declared types, and the constraints are set afterwards. The embedded runner does the same
  (src/embedded/dbt/model-contract.ts).
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
{%- if temporary or not config.get('contract').enforced -%}
{{ return(dbt.postgres__create_table_as(temporary, relation, sql)) }}
{%- endif -%}
{{ get_assert_columns_equivalent(sql) }}
{%- set values = [] -%}
{%- set required = [] -%}
{%- for column in model.columns.values() -%}
{%- set name = adapter.quote(column.name) -%}
{%- set ignored = values.append(strict_cast(name, column.data_type) ~ ' as ' ~ name) -%}
{%- for constraint in column.constraints -%}
{%- if constraint.type != 'not_null' -%}
{{ exceptions.raise_compiler_error('Column ' ~ column.name ~ ' has a constraint that this macro does not set: ' ~ constraint.type) }}
{%- endif -%}
{%- set ignored = required.append('alter column ' ~ name ~ ' set not null') -%}
{%- endfor -%}
{%- endfor %}
create table {{ relation }} as (
    select
        {{ values | join(',\n        ') }}
    from (
        {{ sql }}
    ) as model_subq
);
{%- if required %}
alter table {{ relation }} {{ required | join(', ') }};
{%- endif %}
{%- endmacro %}

{#-
  A column as its declared type. PostgreSQL's function that makes a varchar fails if a text is too long, as an INSERT does; a
  cast would shorten it. Its second argument is the length and four.
-#}
{% macro strict_cast(name, data_type) -%}
{%- if data_type.startswith('varchar(') -%}
{%- set length = data_type.split('(')[1].split(')')[0] | int -%}
cast("varchar"({{ name }}, {{ length + 4 }}, false) as {{ data_type }})
{%- else -%}
cast({{ name }} as {{ data_type }})
{%- endif -%}
{%- endmacro %}

{#- dbt-redshift would prefer the macro above to its own, because it is this project's. `dbt` has the macros of its packages. -#}
{% macro redshift__create_table_as(temporary, relation, sql) -%}
{{ return(dbt.redshift__create_table_as(temporary, relation, sql)) }}
{%- endmacro %}
