{#-
  Replaces dbt-postgres's macro, which reads information_schema.columns. That view omits materialized views, such as the
  mirror's, so unit tests with rows of a mirrored table failed ("the relation doesn't exist"). pg_attribute has the columns
  of every relation. dbt looks up a temporary table by its name alone.

  The result has the columns of dbt-postgres's query. dbt does not know the type `name`, so columns of it are cast.
-#}
{% macro postgres__get_columns_in_relation(relation) -%}
    {%- call statement('get_columns_in_relation', fetch_result=True) %}
        select
            cast(columns.attname as varchar) as column_name,
            format_type(columns.atttypid, null) as data_type,
            cast(types.character_maximum_length as integer) as character_maximum_length,
            cast(types.numeric_precision as integer) as numeric_precision,
            cast(types.numeric_scale as integer) as numeric_scale
        from pg_catalog.pg_attribute as columns
        cross join lateral (
            select
                information_schema._pg_char_max_length(columns.atttypid, columns.atttypmod) as character_maximum_length,
                information_schema._pg_numeric_precision(columns.atttypid, columns.atttypmod) as numeric_precision,
                information_schema._pg_numeric_scale(columns.atttypid, columns.atttypmod) as numeric_scale
        ) as types
        where columns.attrelid = to_regclass('{{ relation.include(database=false) }}')
          and columns.attnum > 0
          and not columns.attisdropped
        order by columns.attnum
    {%- endcall %}
    {%- do return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) %}
{%- endmacro %}

{#- dbt-redshift would prefer the macro above to its own, because it is this project's. `dbt` has the macros of its packages. -#}
{% macro redshift__get_columns_in_relation(relation) -%}
    {%- do return(dbt.redshift__get_columns_in_relation(relation)) %}
{%- endmacro %}
