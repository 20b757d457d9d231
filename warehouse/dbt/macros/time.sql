{#- Converts RFC 3339 text to an instant. -#}
{% macro instant(text) -%}
cast('{{ text }}' as timestamptz)
{%- endmacro %}

{#-
  The literal value of an expression of type timestamptz: it is queried before the statement is sent, so that the warehouse
  knows the bound when it plans, and can skip blocks or use an index. Unit tests set the var literal_bounds to false,
  because their relations exist within the statement only.
-#}
{% macro literal_instant(expression) -%}
{#- Other commands, such as docs generate, may run before the first build. -#}
{%- set is_queried = execute and var('literal_bounds', true) and flags.WHICH in ['build', 'run', 'retry'] -%}
{%- set query %}
select {{ instant_text('bound.bound_at') }} as bound_text
from (
    select {{ expression }} as bound_at
) as bound
{% endset -%}
{%- set rows = run_query(query).rows if is_queried else [] -%}
{#- A connection that only records statements returns no row. -#}
{{ instant(rows[0][0]) if rows | length > 0 else expression }}
{%- endmacro %}

{#- An instant as RFC 3339 text in UTC, with microseconds. -#}
{% macro instant_text(instant) -%}
to_char({{ instant }} at time zone 'UTC', 'YYYY-MM-DD') || 'T' || to_char({{ instant }} at time zone 'UTC', 'HH24:MI:SS.US') || 'Z'
{%- endmacro %}

{#-
  The UTC day of an instant, in any session time zone. On PostgreSQL without the name of the zone, which it would look up for
  each row.
-#}
{% macro utc_day(instant) -%}
{%- if target.type == 'redshift' -%}
cast({{ instant }} at time zone 'UTC' as date)
{%- else -%}
cast({{ instant }} at time zone interval '0' as date)
{%- endif -%}
{%- endmacro %}

{#- The beginning of an instant's quarter-hour in UTC. -#}
{% macro quarter_hour(instant) -%}
{%- if target.type == 'redshift' -%}
(dateadd(
    minute,
    15 * cast(floor(extract(minute from ({{ instant }}) at time zone 'UTC') / 15) as integer),
    date_trunc('hour', ({{ instant }}) at time zone 'UTC')
) at time zone 'UTC')
{%- else -%}
date_bin('15 minutes', {{ instant }}, timestamptz '2000-01-01T00:00:00Z')
{%- endif -%}
{%- endmacro %}

{#-
  Whole microseconds from one instant to another; negative if the second is earlier. On PostgreSQL in double precision, which
  is exact to half a microsecond for the 100 years of valid times, and takes less time than the numeric of extract().
-#}
{% macro microseconds_between(earlier, later) -%}
{%- if target.type == 'redshift' -%}
{#- datediff takes timestamps without time zone: without the conversion, it would use the session's time zone. -#}
cast(datediff(microsecond, ({{ earlier }}) at time zone 'UTC', ({{ later }}) at time zone 'UTC') as bigint)
{%- else -%}
cast(date_part('epoch', {{ later }} - {{ earlier }}) * 1000000 as bigint)
{%- endif -%}
{%- endmacro %}

{#-
  Times after this are in the future. An hour after the start of the run: rows are loaded while a build runs, by clocks that
  may be a little ahead.
-#}
{% macro clearly_in_the_future() -%}
({{ instant(run_started_at.isoformat()) }} + interval '1 hour')
{%- endmacro %}

{#- An interval of days of 24 hours: days of the calendar would follow the session's time zone. -#}
{% macro exact_days(days) -%}
interval '{{ days * 24 }} hours'
{%- endmacro %}

{#-
  The start of the run by the clock of its host, but not after the database's clock: a bound of what was read must not be in
  the future.
-#}
{% macro run_clock() -%}
{{ literal_instant('least(' ~ instant(run_started_at.isoformat()) ~ ', ' ~ current_instant() ~ ')') }}
{%- endmacro %}

{#- The current time, not the start of the transaction. Redshift's getdate() has whole seconds only. -#}
{% macro current_instant() -%}
{%- if target.type == 'redshift' -%}
cast(getdate() as timestamptz)
{%- else -%}
clock_timestamp()
{%- endif -%}
{%- endmacro %}

{#-
  The valid range of times, half-open. A time outside it is a mistake: milliseconds read as seconds give the year 58133,
  seconds read as milliseconds give January 1970, and PostgreSQL has 'infinity'. The service and AdSuite could not
  represent some of them.
-#}
{% macro valid_from() -%}
{{ instant('2000-01-01T00:00:00Z') }}
{%- endmacro %}

{% macro valid_before() -%}
{{ instant('2100-01-01T00:00:00Z') }}
{%- endmacro %}

{#- Whether an instant is in the valid range. Null if the instant is null. -#}
{% macro is_in_range(instant) -%}
({{ instant }} >= {{ valid_from() }} and {{ instant }} < {{ valid_before() }})
{%- endmacro %}

{#- Whether an instant is known and outside the valid range. -#}
{% macro is_out_of_range(instant) -%}
({{ instant }} < {{ valid_from() }} or {{ instant }} >= {{ valid_before() }})
{%- endmacro %}

{#- Any instant as text in UTC, for display. instant_text is null for infinity and has no BC. -#}
{% macro any_instant_text(instant) -%}
cast({{ instant }} at time zone 'UTC' as varchar(64))
{%- endmacro %}
