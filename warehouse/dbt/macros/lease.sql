{#-
  The run lease: only one run at a time may write tables.

  Two runs at once would give two builds the same number, for good, and could store events twice. So a run takes the lease
  before its first model, checks it at each model, and gives it back at its end. A run that was killed can't give it back:
  the lease then expires by itself.

  The table run_lease in the schema of the models has one row:

  build_id         the build that has the lease, or had it last
  invocation_id    the dbt invocation that has it. The next invocation of the same build takes it over, and the older one,
                   should it still run, fails at its next model: a retry may start while the timed-out attempt still runs
  build_number     reserved for the build
  taken_at         when the build took it
  expires_at       when another build may take it; null if no build has it

  All times are the database's. Statements that change the row are committed at once: inside the transaction of a model they
  would block the other threads of the run (on Redshift: make them fail with error 1023).

  The embedded warehouse has no lease: one process owns its database.
-#}
{% macro run_lease() -%}
{{ adapter.quote(target.schema) }}.run_lease
{%- endmacro %}

{#- on-run-start: takes the lease and reserves the build's number, or fails. -#}
{% macro take_lease() -%}
{%- if target.name != 'embedded' and execute and needs_lease() -%}
{#- Ends the run before its first model if a var is invalid. -#}
{%- set ignored = kept_builds() ~ history_builds() -%}
{%- set now = current_instant() -%}
{%- set own = build_id() -%}
{%- if not modules.re.match('^[A-Za-z0-9_.~:+-]{1,64}$', own) -%}
{{ exceptions.raise_compiler_error(
    'The var build_id must have 1 to 64 letters, digits and characters of _.~:+- and not be: ' ~ own) }}
{%- endif -%}
{{ create_lease() }}
{%- set taken -%}
update {{ run_lease() }}
set
    taken_at = case when build_id = '{{ own }}' and expires_at is not null then taken_at else {{ now }} end,
    build_id = '{{ own }}',
    invocation_id = '{{ invocation_id }}',
    build_number = null,
    expires_at = {{ lease_end() }}
where expires_at is null or expires_at <= {{ now }} or build_id = '{{ own }}'
{%- endset -%}
{{ run_and_commit(taken) }}
{%- set lease = read_lease() -%}
{%- if lease['invocation_id'] != invocation_id -%}
{{ exceptions.raise_compiler_error(
    'Another run has the run lease: build ' ~ lease['build_id']
    ~ (' (number ' ~ lease['build_number'] ~ ')' if lease['build_number'] is not none else '')
    ~ ', since ' ~ lease['taken_at'] ~ ', until ' ~ lease['expires_at'] ~ '. Only one run at a time may write, so this run (build '
    ~ own ~ ') has written nothing. Wait until the other run has ended, then repeat this one. If the other run was '
    ~ 'killed, its lease ends at that time by itself. To end it now, make sure that its dbt no longer runs, then: '
    ~ 'dbt run-operation free_lease --args \'{build_id: "' ~ lease['build_id'] ~ '"}\''
) }}
{%- endif -%}
{#- Read under the lease, so that no other run can add a build. -#}
{%- set builds = finished_builds() -%}
{%- if builds['own'] is not none -%}
{{ release_lease() }}
{#- The tests of a build that is finished may be repeated by dbt retry. A model would fail without the lease. -#}
{%- if selected_resources | length > 0 -%}
{{ exceptions.raise_compiler_error(
    'Build ' ~ own ~ ' is finished: its number is ' ~ builds['own'] ~ '. It can\'t be built again, and this run has '
    ~ 'written nothing. To repeat its tests: dbt test. To make another build, use another var build_id; in Airflow, clear '
    ~ 'the whole run, or wait for the next one.'
) }}
{%- endif -%}
{%- else -%}
{%- set numbered -%}
update {{ run_lease() }} set build_number = {{ builds['newest'] + 1 }} where invocation_id = '{{ invocation_id }}'
{%- endset -%}
{{ run_and_commit(numbered) }}
{%- set lease = held_lease() -%}
{{ log('Build ' ~ own ~ ' (number ' ~ lease['build_number'] ~ ') has the run lease until ' ~ lease['expires_at'], info=true) }}
{%- endif -%}
{#- Ends the transaction of the reads. -#}
commit
{%- endif -%}
{%- endmacro %}

{#-
  Before each model: fails if the run has lost the lease. Renews it if less than half of it is left, but only before models
  that depend on one another: two renewals at once would conflict on Redshift, and fail a model.

  Not a hook with transaction: false: dbt-postgres would run the rest of the model without a transaction, because its driver
  does not notice the COMMIT that dbt sends before such hooks. For the same reason the renewal begins a transaction.
-#}
{% macro keep_lease() -%}
{%- if target.name != 'embedded' and execute and needs_lease() -%}
{%- set lease = held_lease() -%}
{%- if lease['is_old'] | int == 1 and model.name in renewing_models().split(' ') -%}
{%- set ignored = run_query(renewal() ~ ';\ncommit;\nbegin') -%}
{%- set ignored = held_lease() -%}
{%- endif -%}
{%- endif -%}
{%- endmacro %}

{#- Each depends on the one before it, so they never run at the same time. -#}
{% macro renewing_models() -%}
goal_complete_events conversion_clicks goal_complete_events_attributed attribution_builds
{%- endmacro %}

{#-
  At the end of the transaction of each model: rolls it back if the run has lost the lease in the meantime.

  PostgreSQL: the lock makes a run that takes the lease wait until this transaction has ended, and does not conflict with
  that of the run's other threads. Redshift has no such lock, and a transaction there reads the lease as it was when the
  transaction began. So there only the row of a finished build is protected here, by an update that conflicts with the other
  run's: no other model runs at that time. Of the other models only clicks_by_quarter_hour could count something twice, so it
  checks that no other run has counted since.
-#}
{% macro confirm_lease() -%}
{%- if target.name != 'embedded' and execute and needs_lease() -%}
{%- if target.type == 'redshift' and model.name == 'attribution_builds' -%}
{%- set ignored = run_query(renewal()) -%}
{%- set lease = held_lease() -%}
{%- elif target.type != 'redshift' -%}
{%- set lease = held_lease('for share') -%}
{%- endif -%}
{%- endif -%}
{%- endmacro %}

{#-
  on-run-end: gives the lease back if the build is finished or the run has failed, or if no other invocation can continue
  the build because the id is this invocation's. Otherwise it is kept for the next invocation of the build.
-#}
{% macro end_lease(results) -%}
{%- if target.name != 'embedded' and execute and needs_lease() -%}
{%- set reasons = ['the build has no var build_id'] if var('build_id', none) is none else [] -%}
{%- for result in results -%}
{%- if result.status in ['error', 'fail', 'runtime error', 'partial success', 'skipped'] -%}
{%- set ignored = reasons.append('the run failed') -%}
{%- elif result.node.name == 'attribution_builds' and result.node.resource_type == 'model' -%}
{%- set ignored = reasons.append('the build is finished') -%}
{%- endif -%}
{%- endfor -%}
{%- if reasons -%}
{{ release_lease() }}
{%- endif -%}
{%- endif -%}
{%- endmacro %}

{#-
  For an operator, by dbt run-operation: ends the lease of a build whose run no longer exists. If it does exist, it fails
  at its next model.
-#}
{% macro free_lease(build_id) -%}
{%- set freed -%}
update {{ run_lease() }} set expires_at = null where build_id = '{{ build_id }}' and expires_at is not null
{%- endset -%}
{%- set before = read_lease() if has_table('run_lease') else none -%}
{%- if before is none or before['build_id'] != build_id or before['expires_at'] is none -%}
{{ exceptions.raise_compiler_error('Build ' ~ build_id ~ ' does not have the run lease.') }}
{%- endif -%}
{{ run_and_commit(freed) }}
{{ log('The run lease of build ' ~ build_id ~ ' has ended.', info=true) }}
{%- endmacro %}

{#-
  Whether this command writes a table, and so needs the lease, for its views too. A build of views only needs none, to be out
  of the way. dbt retry does not report what it selects.
-#}
{% macro needs_lease() -%}
{%- set writing = [] -%}
{%- for id in selected_resources -%}
{%- if graph.nodes.get(id, {}).get('config', {}).get('materialized') in ['table', 'incremental']
    and graph.nodes[id].resource_type == 'model' -%}
{%- set ignored = writing.append(id) -%}
{%- endif -%}
{%- endfor -%}
{%- set is_writing = writing | length > 0 or selected_resources | length == 0 -%}
{{ return(is_writing and flags.WHICH in ['build', 'run', 'retry']) }}
{%- endmacro %}

{#- Creates the table with its row if one of them does not exist. Only PostgreSQL can ignore that another run was faster. -#}
{% macro create_lease() -%}
{%- set exists = has_table('run_lease') -%}
{%- if not exists or read_lease() is none -%}
{%- set created -%}
{%- if exists -%}
drop table {{ run_lease() }};
{% endif -%}
create table {{ run_lease() }} as
select
    cast(null as varchar(64)) as build_id,
    cast(null as varchar(64)) as invocation_id,
    cast(null as bigint) as build_number,
    cast(null as timestamptz) as taken_at,
    cast(null as timestamptz) as expires_at
{%- endset -%}
{%- if target.type == 'postgres' -%}
{%- set created = 'do $$ begin\n' ~ created ~ ';\nexception when duplicate_table or unique_violation then null; end $$' -%}
{%- endif -%}
{{ run_and_commit(created) }}
{%- endif -%}
{%- endmacro %}

{% macro lease_end() -%}
({{ current_instant() }} + interval '{{ var('lease_minutes') | int }} minutes')
{%- endmacro %}

{#- The row, or none. Its times are texts; is_old is 1 if less than half of the time is left. -#}
{% macro read_lease(locking='') -%}
{%- set row -%}
select
    build_id,
    invocation_id,
    build_number,
    {{ instant_text('taken_at') }} as taken_at,
    {{ instant_text('expires_at') }} as expires_at,
    case
        when expires_at < {{ current_instant() }} + interval '{{ (var('lease_minutes') | int) * 30 }} seconds' then 1 else 0
    end as is_old
from {{ run_lease() }}
{{ locking }}
{%- endset -%}
{%- set rows = run_query(row).rows -%}
{{ return(rows[0] if rows | length > 0 else none) }}
{%- endmacro %}

{#- The row, if this invocation has the lease; fails otherwise. -#}
{% macro held_lease(locking='') -%}
{%- set lease = read_lease(locking) -%}
{%- if lease['invocation_id'] != invocation_id or lease['expires_at'] is none -%}
{%- set other = 'no build has it (if attribution_builds has this build, it is finished: dbt test)' if lease['expires_at'] is none
    else ('another run of the same build took it' if lease['build_id'] == build_id()
    else 'build ' ~ lease['build_id'] ~ ' took it') -%}
{{ exceptions.raise_compiler_error(
    'This run (build ' ~ build_id() ~ ') does not have the run lease any more: ' ~ other ~ ' (' ~ lease['taken_at']
    ~ '). So nothing was written here. If the other run succeeds, there is nothing to do. Otherwise start a new run.'
) }}
{%- endif -%}
{{ return(lease) }}
{%- endmacro %}

{% macro renewal() -%}
update {{ run_lease() }} set expires_at = {{ lease_end() }}
where invocation_id = '{{ invocation_id }}' and expires_at is not null
{%- endmacro %}

{% macro release_lease() -%}
{{ run_and_commit("update " ~ run_lease() ~ " set expires_at = null where invocation_id = '" ~ invocation_id ~ "'") }}
{%- endmacro %}

{#- Only in hooks of the whole run. The driver of PostgreSQL begins a transaction by itself. -#}
{% macro run_and_commit(sql) -%}
{%- set ignored = run_query(sql ~ ';\ncommit') -%}
{%- endmacro %}
