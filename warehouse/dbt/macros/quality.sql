{#- The first two columns of a fault: which check found it, and in what. A number, too, is an id as text. -#}
{% macro fault(check_name, subject_id) -%}
cast('{{ check_name }}' as varchar(64)) as check_name,
        cast({{ subject_id }} as varchar(256)) as subject_id
{%- endmacro %}

{#- Text for a person from a number, or 'none' where there is none. -#}
{% macro number_text(number) -%}
coalesce(cast({{ number }} as varchar(20)), 'none')
{%- endmacro %}

{#-
  Conditions that leave out the edits that the var accepted_iterations accepts.

  key: what was edited, as the var names it: created_at, strategy_id or gone.
  now: the column with the value that stands there now; none for gone.
-#}
{% macro unless_accepted(key, iteration_id, now=none) -%}
{%- for each in var('accepted_iterations') %}
{%- if each[key] is defined and (key != 'gone' or each.gone) %}
      and not (
          {{ iteration_id }} = {{ each.id }}
          {%- if key == 'created_at' %}
          and {{ now }} = {{ instant(each.created_at) }}
          {%- elif key == 'strategy_id' %}
          and {{ now }} = {{ each.strategy_id }}
          {%- endif %}
      )
{%- endif %}
{%- endfor %}
{%- endmacro %}
