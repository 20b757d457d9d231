{#-
  The parts in which a model reads and sums a large table. PostgreSQL forms many groups in one process only, but can give each
  part of a union to another process. Redshift is parallel by itself and has one part.
-#}
{% macro parts() -%}
{{ '0' if target.type == 'redshift' else '0 1' }}
{%- endmacro %}

{#-
  The condition for the rows of a part, with a leading AND: about half of the values of a whole number. PostgreSQL estimates an
  inequality as a third of the rows, but an equality as so few that its plan would have one process.
-#}
{% macro in_part(number, part) -%}
{%- if target.type != 'redshift' %}
  and abs(mod(coalesce({{ number }}, 0), 2)) {{ '<' if part == '0' else '>=' }} 1
{%- endif -%}
{%- endmacro %}

{#- A whole number that fits an integer, to be summed: PostgreSQL sums integers faster than bigints. -#}
{% macro summand(number) -%}
{%- if target.type == 'redshift' -%}
{{ number }}
{%- else -%}
cast({{ number }} as integer)
{%- endif -%}
{%- endmacro %}

{#-
  Whether attribute_clicks searches a window in an array of the starts of its strategy's windows; Redshift has no such arrays. The
  result is the same; unit tests run both. Not in the file of attribute_clicks, where the tests could not replace it.
-#}
{% macro searches_windows() -%}
{{ 'false' if target.type == 'redshift' else 'true' }}
{%- endmacro %}

{#-
  At the end of a query in FROM or WITH: PostgreSQL computes its expressions once per row. Without it, PostgreSQL merges the query
  into the one that reads it, and computes an expression in each place that reads its column. An offset of zero changes no row.

  In quotes, because PostgreSQL then reads a constant. It converts a number without quotes first, does not know yet that it is
  zero when it decides whether a worker may run the query, and gives neither the query nor its joins to workers. A materialized
  CTE has no parallel plan either.
-#}
{% macro computed_once() -%}
{%- if target.type != 'redshift' %}
    offset '0'
{%- endif -%}
{%- endmacro %}
