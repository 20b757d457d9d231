"""
Attributes conversions to AdSuite's iterations: refreshes the mirror of AdSuite's tables and checks the refresh, builds the
dbt project, waits until the service serves the new build, and pushes its metrics to AdSuite.

| task | does | if it fails, check |
|---|---|---|
| `read_clock` | reads the warehouse's clock; each refresh must start later | the connection `attribution_warehouse` |
| `refresh_…` | refreshes one mirrored table | that AdSuite's database is up, and that the user owns the view |
| `check_refresh` | requires a finished refresh of each table, started in this run | the log: 0 for a table without a refresh |
| `source_freshness` | checks the age of mirror, clicks and events | the source that stopped; no task depends on this one |
| `dbt_silver` | reads new events, and tests them | the log: it names the model or test |
| `dbt_gold` | attributes everything, tests it, and records the build | the log: it names the model or test |
| `announce` | polls the service until it serves this build | the log: what it serves, or why it is unreachable |
| `push_metrics` | starts a push of all metrics that differ in AdSuite | the log: why the push can't start |
| `push_result` | polls until AdSuite has accepted the push | the log: the guards' findings, or rejected rows |

If a task fails, later tasks do not run. The service keeps serving the last good build and reports it as stale when it
exceeds the age limit. Clear the failed task to continue, or wait for the next run, which attributes everything again. After
a long pause clear the whole run, so that the mirror is refreshed first. A cleared push task resumes the push of its build.
The settings, and more on each failure, are in docs/airflow.md of the project.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Callable

import attribution_tasks
from attribution_airflow import DAG, PythonSensor
from attribution_dbt import BUILD_ID, build_id, dbt
from attribution_mirror import AS_OF, MIRRORED_TABLES, refresh_mirror

SERVICE = {
    "service_url": "{{ conn.attribution_service.host }}"
    "{% if conn.attribution_service.port %}:{{ conn.attribution_service.port }}{% endif %}",
    "api_key": "{{ conn.attribution_service.password or '' }}",
}


def push_sensor(task_id: str, python_callable: Callable, op_kwargs: dict, wait_minutes: int, minutes: int):
    """A task that polls the service about a push once a minute, for wait_minutes, and frees its worker in between.

    In this mode a sensor keeps no state between polls, not even an XCom: so one task starts the push, and another
    one watches it.
    """
    return PythonSensor(
        task_id=task_id,
        python_callable=python_callable,
        op_kwargs={**SERVICE, **op_kwargs},
        mode="reschedule",
        poke_interval=attribution_tasks.POKE_SECONDS,
        timeout=60 * wait_minutes,
        # Per poll: in this mode the time in between does not count.
        execution_timeout=timedelta(minutes=minutes),
    )


with DAG(
    dag_id="attribution",
    description="Refreshes AdSuite's mirror, attributes conversions, and pushes their metrics to AdSuite.",
    doc_md=__doc__,
    # Only the schedule is read here, from the environment: a Variable would cost a query per parse of this file.
    schedule=os.environ.get("ATTRIBUTION_SCHEDULE", "@hourly") or None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    # Longer than one attempt of every task, after waiting for the expensive tests. A run that retries for longer is ended
    # for the next one.
    dagrun_timeout=timedelta(hours=8),
    user_defined_macros={"mirrored_tables": MIRRORED_TABLES, "build_id": build_id},
    default_args={
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "trigger_rule": "all_success",
    },
    tags=["attribution"],
) as dag:
    check_refresh = refresh_mirror()
    source_freshness = dbt("source_freshness", "source freshness", minutes=15, variables={"as_of": AS_OF})
    build = {"as_of": AS_OF, "build_id": BUILD_ID}
    # cautious: otherwise dbt runs each test on models of both selections at silver, and omits it at gold.
    dbt_silver = dbt(
        "dbt_silver",
        "build --select +goal_complete_events --exclude tag:expensive test_type:unit --indirect-selection cautious",
        minutes=60,
        variables=build,
    )
    dbt_gold = dbt(
        "dbt_gold",
        "build --exclude +goal_complete_events tag:expensive test_type:unit --indirect-selection cautious",
        minutes=60,
        variables=build,
        finishes_build=True,
    )
    announce = PythonSensor(
        task_id="announce",
        python_callable=attribution_tasks.announce,
        op_kwargs={**SERVICE, "refreshed_since": AS_OF},
        poke_interval=10,
        timeout=600,
        execution_timeout=timedelta(minutes=15),
    )
    push_metrics = push_sensor(
        "push_metrics",
        attribution_tasks.push_metrics,
        {
            "push": "{{ var.value.get('attribution_push', 'on') }}",
            # Constant over retries of this task; different for each build, even if tasks were cleared for it.
            "idempotency_key": "{{ run_id[:120] }} build {{ ti.xcom_pull(task_ids='announce') }}",
            "requested_by": "Airflow, run {{ run_id[:180] }}",
        },
        # Another push may be running, for an hour by default.
        wait_minutes=60,
        # The service plans the push before it responds, which may take PLANNING_SECONDS.
        minutes=15,
    )
    push_result = push_sensor(
        "push_result",
        attribution_tasks.push_result,
        {"run_id": "{{ ti.xcom_pull(task_ids='push_metrics') }}"},
        wait_minutes=75,
        minutes=5,
    )

    check_refresh >> [source_freshness, dbt_silver]
    dbt_silver >> dbt_gold >> announce >> push_metrics >> push_result
