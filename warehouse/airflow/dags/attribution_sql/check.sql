{#-
  One row with a column per mirrored table: how many successful refreshes of it began after this run read the
  warehouse's clock. A zero fails the task. adsuite_mirror.refreshes has finished, successful refreshes only; on Redshift
  one that answered that the view was up to date already counts.
-#}
select
    {%- for view in mirrored_tables %}
    coalesce(sum(case when view_name = '{{ view }}' then 1 else 0 end), 0) as {{ view -}}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from adsuite_mirror.refreshes
where started_at >= cast('{{ ti.xcom_pull(task_ids='read_clock')[0][0] }}' as timestamptz)
