{#-
  One row with a column per mirrored table: the number of its successful refreshes that started after this run read the
  warehouse's clock. 0 fails the task. adsuite_mirror.refreshes has finished, successful refreshes only; on Redshift that
  includes a refresh of a view that was already up to date.
-#}
select
    {%- for view in mirrored_tables %}
    coalesce(sum(case when view_name = '{{ view }}' then 1 else 0 end), 0) as {{ view -}}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from adsuite_mirror.refreshes
where started_at >= cast('{{ ti.xcom_pull(task_ids='read_clock')[0][0] }}' as timestamptz)
