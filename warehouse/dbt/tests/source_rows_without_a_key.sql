-- Reports rows with a null or blank id, which are ignored.
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
