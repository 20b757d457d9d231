{#- The first two columns of a finding: the check and the subject's id, as text. -#}
{% macro fault(check_name, subject_id) -%}
cast('{{ check_name }}' as varchar(64)) as check_name,
        cast({{ subject_id }} as varchar(256)) as subject_id
{%- endmacro %}

{#- A number as text, for display; 'none' if it is null. -#}
{% macro number_text(number) -%}
coalesce(cast({{ number }} as varchar(20)), 'none')
{%- endmacro %}

{#-
  Conditions that exclude the edits accepted by the var accepted_iterations.

  An invalid entry ends the run, because its author relies on the edit being accepted.

  key: the edited property, as in the var: created_at, strategy_id, gone or lost.
  now: the column with the current value; for gone, one that is null if the iteration does not exist. A number of lost
  conversions is accepted up to that of the var.
-#}
{% macro unless_accepted(key, iteration_id, now) -%}
{%- for each in var('accepted_iterations') %}
{%- set keys = 1 + (1 if each.created_at is defined else 0) + (1 if each.strategy_id is defined else 0)
    + (1 if each.gone is defined else 0) + (1 if each.lost is defined else 0) %}
{%- set has_keys = each is mapping and keys > 1 and each | length == keys %}
{%- set has_numbers = each.id is number and (each.strategy_id is not defined or each.strategy_id is number)
    and (each.lost is not defined or each.lost is number) %}
{%- set has_truth = each.gone is not defined or each.gone in [true, false] %}
{#- An instant must have seconds and an offset (a Z, a plus, or a third minus). -#}
{%- set has_instant = each.created_at is not defined or (
    each.created_at is string and each.created_at | length > 19 and "'" not in each.created_at
    and ('Z' in each.created_at or '+' in each.created_at or each.created_at.split('-') | length > 3)
) %}
{%- if not (has_keys and has_numbers and has_truth and has_instant) %}
{{- exceptions.raise_compiler_error(
    'accepted_iterations (dbt_project.yml), entry ' ~ loop.index ~ " is invalid. Use {id: 17, created_at: "
    ~ "'2026-01-02T03:04:05.000006Z'}, {id: 18, strategy_id: 5}, {id: 19, gone: true} or {id: 20, lost: 7}."
) }}
{%- endif %}
{%- if each[key] is defined and (key != 'gone' or each.gone) %}
      and not (
          {{ iteration_id }} = {{ each.id }}
          {%- if key == 'created_at' %}
          and {{ now }} = {{ instant(each.created_at) }}
          {%- elif key == 'strategy_id' %}
          and {{ now }} = {{ each.strategy_id }}
          {%- elif key == 'gone' %}
          and {{ now }} is null
          {%- elif key == 'lost' %}
          and {{ now }} <= {{ each.lost }}
          {%- endif %}
      )
{%- endif %}
{%- endfor %}
{%- endmacro %}

{#-
  The number of subjects that a build records of each check.

  The service shows the first ten of any build, so fewer would look as if the check had found fewer.
-#}
{% macro findings_kept() -%}
{%- set kept = var('findings_kept') %}
{%- if kept is not number or kept < 10 %}
{{- exceptions.raise_compiler_error('findings_kept (dbt_project.yml) is ' ~ kept ~ '. It must be a number of at least 10.') }}
{%- endif %}
{{- kept }}
{%- endmacro %}

{#-
  Deletes the subjects after the tenth, except those of the newest three builds: the table would otherwise grow by thousands of
  rows per check in each build.

  A hook of attribution_builds and not of the findings: only this table has an order of the builds, it is built after the
  findings, and it exists when its hook runs, also in the first build. A build that failed before its row has no number, so
  its subjects go too, with the row of the next build.
-#}
{% macro delete_further_subjects(findings) -%}
delete from {{ findings }}
where subject_rank > 10
  and build_id not in (
      select build_id
      from {{ this }}
      where build_number > (select max(build_number) - 3 from {{ this }})
  )
{%- endmacro %}
