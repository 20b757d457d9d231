{#-
  When AdSuite's two mirrored tables were last brought up to date: the older of their last finished refreshes, or null
  when one of them has none on record. Redshift keeps that record itself (an ordinary user sees the refreshes of the
  views it owns); its system view is read by a query of its own, because such views need not be joinable with tables.
  Only a command that builds reads it: dbt compile, docs and test go without.
-#}
{% macro mirror_refreshed_at(refreshes) -%}
{%- if target.type == 'redshift' -%}
{%- set mirror_query %}
select cast(min(last_end_time) as varchar(32))
from (
    select trim(mv_name) as view_name, max(end_time) as last_end_time
    from sys_mv_refresh_history
    where trim(schema_name) = 'adsuite_mirror'
      and trim(mv_name) in ('strategies', 'iterations')
      and (status like 'Refresh successfully%' or status like 'MV was already updated%')
    group by trim(mv_name)
) as last_refreshes
having count(*) = 2
{%- endset -%}
{%- if execute and flags.WHICH in ['build', 'run', 'retry'] -%}
{%- set mirror_rows = run_query(mirror_query).rows -%}
{%- if mirror_rows | length > 0 -%}
cast('{{ mirror_rows[0][0] }}+00' as timestamptz)
{%- else -%}
cast(null as timestamptz)
{%- endif -%}
{%- else -%}
cast(null as timestamptz)
{%- endif -%}
{%- else -%}
(
            select case when count(*) = 2 then min(last_refreshes.finished_at) end
            from (
                select refreshes.view_name, max(refreshes.finished_at) as finished_at
                from {{ refreshes }} as refreshes
                where refreshes.view_name in ('strategies', 'iterations')
                group by refreshes.view_name
            ) as last_refreshes
        )
{%- endif -%}
{%- endmacro %}
