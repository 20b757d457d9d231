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
from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.sensors.python import PythonSensor
else:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.sensors.python import PythonSensor

MIRRORED_TABLES = ("strategies", "iterations")
WAREHOUSE = "attribution_warehouse"
CLOCK = "ti.xcom_pull(task_ids='read_clock')[0][0]"
PROJECT = "var.value.get('attribution_dbt_project', '/opt/attribution/warehouse/dbt')"
SERVICE = {
    "service_url": "{{ conn.attribution_service.host }}"
    "{% if conn.attribution_service.port %}:{{ conn.attribution_service.port }}{% endif %}",
    "api_key": "{{ conn.attribution_service.password or '' }}",
}
OUTPUT = f"var.value.get('attribution_dbt_output', {PROJECT} ~ '/target')"


def warehouse_sql(file: str, prelude: str = "") -> str:
    """The template of an SQL file that exists for each kind of warehouse."""
    kind = "var.value.get('attribution_warehouse_kind', 'redshift')"
    return f"{prelude}{{% include 'attribution_sql/' ~ {kind} ~ '/{file}' %}}"


def refresh(table: str) -> SQLExecuteQueryOperator:
    """A task that refreshes one mirrored table, outside any transaction of the driver."""
    return SQLExecuteQueryOperator(
        task_id=f"refresh_{table}",
        conn_id=WAREHOUSE,
        sql=warehouse_sql("refresh.sql", f"{{% set view = '{table}' %}}"),
        autocommit=True,
        do_xcom_push=False,
        execution_timeout=timedelta(minutes=30),
    )


def dbt(task_id: str, arguments: str, minutes: int) -> BashOperator:
    """A task that runs dbt, with a separate folder of artifacts, so that two tasks can run at the same time.

    as_of is the time before the refresh: the mirror has every iteration created until then. A later click is attributed
    by the next run, instead of to an iteration that may have ended.
    """
    return BashOperator(
        task_id=task_id,
        # Airflow treats exit code 99 as a skip, which a wrapper around dbt might return: any failure becomes 1.
        bash_command=f'"$ATTRIBUTION_DBT" {arguments}'
        """ --vars "{as_of: '$ATTRIBUTION_AS_OF'}\""""
        ' --project-dir "$ATTRIBUTION_DBT_PROJECT" --profiles-dir "$ATTRIBUTION_DBT_PROFILES"'
        ' --target "$ATTRIBUTION_DBT_TARGET" --target-path "$ATTRIBUTION_DBT_OUTPUT"'
        ' --log-path "$ATTRIBUTION_DBT_OUTPUT" --no-use-colors || exit 1',
        env={
            "ATTRIBUTION_AS_OF": f"{{{{ {CLOCK} }}}}",
            "ATTRIBUTION_DBT": "{{ var.value.get('attribution_dbt', 'dbt') }}",
            "ATTRIBUTION_DBT_PROJECT": f"{{{{ {PROJECT} }}}}",
            "ATTRIBUTION_DBT_PROFILES": f"{{{{ var.value.get('attribution_dbt_profiles', {PROJECT}) }}}}",
            "ATTRIBUTION_DBT_TARGET": "{{ var.value.get('attribution_dbt_target', 'redshift') }}",
            "ATTRIBUTION_DBT_OUTPUT": f"{{{{ {OUTPUT} }}}}/{task_id}",
        },
        append_env=True,
        retries=1,
        do_xcom_push=False,
        execution_timeout=timedelta(minutes=minutes),
    )


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
    # Longer than one attempt of every task; a run that retries for longer is ended for the next one.
    dagrun_timeout=timedelta(hours=6),
    user_defined_macros={"mirrored_tables": MIRRORED_TABLES},
    default_args={
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "trigger_rule": "all_success",
    },
    tags=["attribution"],
) as dag:
    read_clock = SQLExecuteQueryOperator(
        task_id="read_clock",
        conn_id=WAREHOUSE,
        sql=warehouse_sql("clock.sql"),
        autocommit=True,
        execution_timeout=timedelta(minutes=5),
    )
    refreshes = [refresh(table) for table in MIRRORED_TABLES]
    check_refresh = SQLCheckOperator(
        task_id="check_refresh",
        conn_id=WAREHOUSE,
        sql="attribution_sql/check.sql",
        execution_timeout=timedelta(minutes=5),
    )
    source_freshness = dbt("source_freshness", "source freshness", minutes=15)
    # cautious: otherwise dbt runs each test on models of both selections at silver, and omits it at gold.
    dbt_silver = dbt(
        "dbt_silver",
        "build --select +goal_complete_events --exclude tag:expensive test_type:unit --indirect-selection cautious",
        minutes=60,
    )
    dbt_gold = dbt(
        "dbt_gold",
        "build --exclude +goal_complete_events tag:expensive test_type:unit --indirect-selection cautious",
        minutes=60,
    )
    announce = PythonSensor(
        task_id="announce",
        python_callable=attribution_tasks.announce,
        op_kwargs={**SERVICE, "refreshed_since": f"{{{{ {CLOCK} }}}}"},
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

    read_clock >> refreshes >> check_refresh >> [source_freshness, dbt_silver]
    dbt_silver >> dbt_gold >> announce >> push_metrics >> push_result
