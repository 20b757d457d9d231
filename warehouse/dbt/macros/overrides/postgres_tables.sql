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
{%- if model.constraints or config.get('unlogged', false) or config.get('sql_header') -%}
{{ exceptions.raise_compiler_error(
    'Model ' ~ model.name ~ ' has a constraint, or the configuration unlogged or sql_header, which this macro does not support.'
) }}
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
  cast would shorten it. Its second argument is the length and four. Without COLLATE, the column would have the collation of the
  source's column.
-#}
{% macro strict_cast(name, data_type) -%}
{%- set varchar = modules.re.match('varchar[(]([0-9]+)[)]$', data_type) -%}
{%- if varchar -%}
cast("varchar"(cast({{ name }} as varchar), {{ varchar.group(1) | int + 4 }}, false) as {{ data_type }}) collate "default"
{%- elif 'char' in data_type | lower and '(' in data_type -%}
{{ exceptions.raise_compiler_error('Column ' ~ name ~ ' is declared ' ~ data_type ~ '. Write varchar(n).') }}
{%- elif modules.re.match('text|varchar|character varying', data_type | lower) -%}
cast({{ name }} as {{ data_type }}) collate "default"
{%- else -%}
cast({{ name }} as {{ data_type }})
{%- endif -%}
{%- endmacro %}

{#- dbt-redshift would prefer the macro above to its own, because it is this project's. `dbt` has the macros of its packages. -#}
{% macro redshift__create_table_as(temporary, relation, sql) -%}
{{ return(dbt.redshift__create_table_as(temporary, relation, sql)) }}
{%- endmacro %}
