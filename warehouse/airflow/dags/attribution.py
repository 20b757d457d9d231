"""
Attributes conversions to AdSuite's iterations: refreshes the mirror of AdSuite's tables, checks that this happened, builds
the dbt project, waits until the service serves the new build, and has it pushed to AdSuite.

| task | does | when it fails |
|---|---|---|
| `read_clock` | reads the warehouse's clock; each refresh must begin later | the connection `attribution_warehouse` |
| `refresh_…` | refreshes one mirrored table | AdSuite's database is down, or the user does not own the view |
| `check_refresh` | looks for a finished refresh of each table that began in this run | the log shows 0 for the table |
| `source_freshness` | tells how old mirror, clicks and events are | a source stopped coming; nothing waits for this task |
| `dbt_silver` | reads new events, and tests them | the log names the model or test |
| `dbt_gold` | attributes everything, tests it, and records the build | the log names the model or test |
| `announce` | asks the service until it serves this build | the log tells what it serves, or why it can't be asked |
| `push_metrics` | has the service record a push of whatever AdSuite knows otherwise | the log tells why it can't begin |
| `push_result` | asks until AdSuite has all of it | the log has the guards' findings, or rows that AdSuite refused |

A task that fails leaves all after it undone, and the service on its last good build, which it calls stale in time. Clear
the failed task to go on, or wait for the next run: each attributes everything anew. After a long pause clear the whole
run, so that the mirror is refreshed first. A cleared push task finds the push of its build again. The settings, and
more on each failure, are in docs/airflow.md of the project.
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
    """The template of an SQL file that stands once per kind of warehouse."""
    kind = "var.value.get('attribution_warehouse_kind', 'redshift')"
    return f"{prelude}{{% include 'attribution_sql/' ~ {kind} ~ '/{file}' %}}"


def refresh(table: str) -> SQLExecuteQueryOperator:
    """The task that refreshes one mirrored table. A refresh may not run inside a transaction of the driver's."""
    return SQLExecuteQueryOperator(
        task_id=f"refresh_{table}",
        conn_id=WAREHOUSE,
        sql=warehouse_sql("refresh.sql", f"{{% set view = '{table}' %}}"),
        autocommit=True,
        do_xcom_push=False,
        execution_timeout=timedelta(minutes=30),
    )


def dbt(task_id: str, arguments: str, minutes: int) -> BashOperator:
    """A task that calls dbt, with its artifacts in a folder of the task's own, so that two may run at once.

    as_of is the clock from before the refresh: the mirror knows every iteration made until then, and a click from
    after it waits for the next run instead of landing on an iteration that may have ended.
    """
    return BashOperator(
        task_id=task_id,
        # Airflow takes exit code 99 for a skip, which a wrapper around dbt might give: any failure is one here.
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
    """A task that asks the service about a push once a minute, for wait_minutes, and holds no worker in between.

    Such a sensor keeps nothing from one look to the next, not even an XCom: so one task has the push recorded, and
    another watches it.
    """
    return PythonSensor(
        task_id=task_id,
        python_callable=python_callable,
        op_kwargs={**SERVICE, **op_kwargs},
        mode="reschedule",
        poke_interval=attribution_tasks.POKE_SECONDS,
        timeout=60 * wait_minutes,
        # Of one look: in this mode the time in between does not count.
        execution_timeout=timedelta(minutes=minutes),
    )


with DAG(
    dag_id="attribution",
    description="Refreshes AdSuite's mirror, attributes conversions, and has the service push them to AdSuite.",
    doc_md=__doc__,
    # Only the schedule is read here, from the environment: a Variable would cost a query each time this file is parsed.
    schedule=os.environ.get("ATTRIBUTION_SCHEDULE", "@hourly") or None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    # Longer than every task once; a run that goes on trying for longer makes way for the next.
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
    # dbt would otherwise run at silver, and leave out at gold, each test that touches models of both.
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
            # The same over retries of this task, another as soon as there is another build, whatever was cleared for it.
            "idempotency_key": "{{ run_id[:120] }} build {{ ti.xcom_pull(task_ids='announce') }}",
            "requested_by": "Airflow, run {{ run_id[:180] }}",
        },
        # Another push may be under way, for an hour by default.
        wait_minutes=60,
        # The service plans before it answers, and may take PLANNING_SECONDS for it.
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
