{#-
  When AdSuite's two mirrored tables were last brought up to date: per table the start of its last finished refresh (what
  AdSuite wrote while that ran need not be in it), and of the two the older one; null when one has none on record.

  refreshes: a relation shaped like source('adsuite', 'refreshes'). On Redshift it is a view over a system view, which
  need not be joinable with tables, so there it is read by a query of its own. Only a command that builds reads it: dbt
  compile, docs and test go without.
-#}
{% macro mirror_refreshed_at(refreshes) -%}
{%- set older_refresh %}
            select case when count(*) = 2 then min(last_refreshes.started_at) end as refreshed_at
            from (
                select refreshes.view_name, max(refreshes.started_at) as started_at
                from {{ refreshes }} as refreshes
                where refreshes.view_name in ('strategies', 'iterations')
                group by refreshes.view_name
            ) as last_refreshes
{%- endset -%}
{%- if target.type == 'redshift' -%}
{%- set told = none -%}
{%- if execute and flags.WHICH in ['build', 'run', 'retry'] -%}
{%- set as_text = "to_char(refreshed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')" -%}
{%- set told = run_query('select ' ~ as_text ~ ' from (' ~ older_refresh ~ ') as older').rows[0][0] -%}
{%- endif -%}
{%- if told -%}
cast('{{ told }}+00' as timestamptz)
{%- else -%}
cast(null as timestamptz)
{%- endif -%}
{%- else -%}
({{ older_refresh }}
        )
{%- endif -%}
{%- endmacro %}
