{#-
  Ids are texts, and blanks at their end do not count: Redshift ignores them in comparisons, joins and groups, where it
  returns any of the equal texts. PostgreSQL does not ignore them. The models give the same result on both.

  text_id: the id without blanks at its end; null if nothing else is left. For ids that models store or show.
-#}
{% macro text_id(column) -%}
nullif(rtrim({{ column }}, ' '), '')
{%- endmacro %}

{#-
  The same for an id that is only compared. On Redshift this is the column itself, which compares equally, so that joins
  and filters still use its distribution and sort key: an expression would move all clicks to other slices.
-#}
{% macro compared_id(column) -%}
{%- if target.type == 'redshift' -%}
{{ column }}
{%- else -%}
rtrim({{ column }}, ' ')
{%- endif -%}
{%- endmacro %}
