{#- The warehouse's clock in UTC. getdate() has whole seconds, rounded down, in the session's time zone. -#}
select to_char(cast(getdate() as timestamptz) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00' as instant
