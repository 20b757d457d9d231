-- Reports events and clicks with a time that is not valid. Such an event or click is ignored, and such a loaded_at is
-- replaced (events) or ignored (clicks). The checks of each build read all clicks, but only new events. Reads all events and clicks.
{{ config(severity='warn', tags=['expensive']) }}

select 'events' as source_table, count(*) as rows_found
from {{ source('events', 'events') }}
where {{ is_out_of_range('"timestamp"') }}
   or {{ is_out_of_range('loaded_at') }}
having count(*) > 0

union all

select 'clicks' as source_table, count(*) as rows_found
from {{ source('adgem', 'clicks') }}
where {{ is_out_of_range('"timestamp"') }}
   or {{ is_out_of_range('loaded_at') }}
having count(*) > 0
