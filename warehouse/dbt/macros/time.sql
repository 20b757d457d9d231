{#- Converts RFC 3339 text to an instant. -#}
{% macro instant(text) -%}
cast('{{ text }}' as timestamptz)
{%- endmacro %}

{#- An instant as RFC 3339 text in UTC, with microseconds. -#}
{% macro instant_text(instant) -%}
to_char({{ instant }} at time zone 'UTC', 'YYYY-MM-DD') || 'T' || to_char({{ instant }} at time zone 'UTC', 'HH24:MI:SS.US') || 'Z'
{%- endmacro %}

{#- The UTC day of an instant, in any session time zone. -#}
{% macro utc_day(instant) -%}
cast({{ instant }} at time zone 'UTC' as date)
{%- endmacro %}

{#- Whole microseconds from one instant to another; negative if the second is earlier. -#}
{% macro microseconds_between(earlier, later) -%}
{%- if target.type == 'redshift' -%}
{#- datediff takes timestamps without time zone: without the conversion, it would use the session's time zone. -#}
cast(datediff(microsecond, ({{ earlier }}) at time zone 'UTC', ({{ later }}) at time zone 'UTC') as bigint)
{%- else -%}
cast(extract(epoch from ({{ later }} - {{ earlier }})) * 1000000 as bigint)
{%- endif -%}
{%- endmacro %}

{#- The current time, not the start of the transaction. Redshift's getdate() has whole seconds only. -#}
{% macro current_instant() -%}
{%- if target.type == 'redshift' -%}
cast(getdate() as timestamptz)
{%- else -%}
clock_timestamp()
{%- endif -%}
{%- endmacro %}
