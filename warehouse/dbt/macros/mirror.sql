{#-
  How fresh the mirror of AdSuite's two tables is: the start of each table's last finished refresh (changes during the
  refresh may be missing), and the older of the two; null if a table has no recorded refresh.

  refreshes: a relation with the columns of source('adsuite', 'refreshes'). On Redshift it is a view over a system view,
  which may not be joinable with tables, so a separate query reads it. Only commands that build read it, not dbt compile,
  docs or test.
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
{%- set refreshed_at = none -%}
{%- if execute and flags.WHICH in ['build', 'run', 'retry'] -%}
{%- set as_text = "to_char(refreshed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')" -%}
{%- set refreshed_at = run_query('select ' ~ as_text ~ ' from (' ~ older_refresh ~ ') as older').rows[0][0] -%}
{%- endif -%}
{%- if refreshed_at -%}
cast('{{ refreshed_at }}+00' as timestamptz)
{%- else -%}
cast(null as timestamptz)
{%- endif -%}
{%- else -%}
({{ older_refresh }}
        )
{%- endif -%}
{%- endmacro %}
