-- Reports rows with a blank id, which are ignored. Reads all events and clicks.
{{ config(severity='warn', tags=['expensive']) }}

select 'events' as source_table, count(*) as rows_left_out
from {{ source('events', 'events') }}
where trim(event_id) = ''
having count(*) > 0

union all

select 'clicks' as source_table, count(*) as rows_left_out
from {{ source('adgem', 'clicks') }}
where trim(click_id) = ''
having count(*) > 0
