-- A blank id is as good as none: such rows are left out of everything, so somebody should know.
{{ config(severity='warn') }}

select 'events' as source_table, count(*) as rows_left_out
from {{ source('events', 'events') }}
where trim(event_id) = ''
having count(*) > 0

union all

select 'clicks' as source_table, count(*) as rows_left_out
from {{ source('adgem', 'clicks') }}
where trim(click_id) = ''
having count(*) > 0
