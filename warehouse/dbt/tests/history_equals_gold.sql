-- The open intervals of the history are gold, row for row. Each build only runs history_adds_up_to_gold.
{{ config(tags=['expensive']) }}
{%- set columns = 'event_id, ' ~ (history_columns() | trim).split(' ') | join(', ') %}
{%- set gold -%}
select {{ columns }}
    from {{ ref('goal_complete_events_attributed') }}
{%- endset %}
{%- set history -%}
select {{ columns }}
    from {{ ref('attribution_history') }}
    where until_build_number is null
{%- endset %}
select 'missing in the history' as fault, missing.event_id
from (
    {{ gold }}
    except
    {{ history }}
) as missing

union all

select 'not in gold' as fault, surplus.event_id
from (
    {{ history }}
    except
    {{ gold }}
) as surplus

union all

select 'several open intervals' as fault, event_id
from {{ ref('attribution_history') }}
where until_build_number is null
group by event_id
having count(*) > 1
