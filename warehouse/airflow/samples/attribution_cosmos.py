"""
A sample: the DAG `attribution` up to the announcement, with a task per dbt model and test, by astronomer-cosmos. Not
deployed with `dags`: to use it, copy it there in place of `attribution.py`, and add the push from that file.

Cosmos runs `dbt ls` when the file is parsed, and caches the result in a Variable. So the DAG processor needs dbt, the
project and the variables of `profiles.yml` too. A run starts dbt once per task, which takes seconds each time.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

import attribution_tasks
from attribution_airflow import DAG, PythonSensor
from attribution_dbt import BUILD_ID, POOL, build_id
from attribution_mirror import AS_OF, MIRRORED_TABLES, refresh_mirror
from cosmos import (
    DbtBuildLocalOperator,
    DbtTaskGroup,
    ExecutionConfig,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
)
from cosmos.constants import InvocationMode, LoadMode, TestIndirectSelection

# Read at parse time, where a Variable would cost a query; the names are those of the Variables (docs/airflow.md).
DBT = os.environ.get("AIRFLOW_VAR_ATTRIBUTION_DBT", "dbt")
PROJECT = os.environ.get("AIRFLOW_VAR_ATTRIBUTION_DBT_PROJECT", "/opt/attribution/warehouse/dbt")
PROFILE = ProfileConfig(
    profile_name="attribution",
    target_name=os.environ.get("AIRFLOW_VAR_ATTRIBUTION_DBT_TARGET", "redshift"),
    # Not a Cosmos profile mapping: that of Redshift supports only user and password.
    profiles_yml_filepath=f"{PROJECT}/profiles.yml",
)

# The models that store the build's id, and those that read them, down to the row that announces the build. One task, so that
# nothing else runs between them.
RECORD = "tag:stores_build_id+"
NEVER = ["tag:expensive", "test_type:unit"]
OPERATOR = {"vars": {"as_of": AS_OF, "build_id": BUILD_ID}, "install_deps": False}
TASK = {"pool": POOL, "retries": 1, "execution_timeout": timedelta(minutes=60)}


def dbt_models() -> DbtTaskGroup:
    """A task per model, each with its tests after it, and a task per test that reads several models.

    One group, not one for silver and one for gold: `dbt ls` assigns a test that reads models of both to the first.
    """
    return DbtTaskGroup(
        group_id="dbt",
        project_config=ProjectConfig(PROJECT, install_dbt_deps=False),
        profile_config=PROFILE,
        render_config=RenderConfig(
            load_method=LoadMode.DBT_LS,
            invocation_mode=InvocationMode.SUBPROCESS,
            dbt_executable_path=DBT,
            exclude=[RECORD, *NEVER],
            should_detach_multiple_parents_tests=True,
            emit_datasets=False,
        ),
        execution_config=ExecutionConfig(
            dbt_executable_path=DBT,
            invocation_mode=InvocationMode.SUBPROCESS,
            # Otherwise such a test also runs with the first of its models, before the others exist.
            test_indirect_selection=TestIndirectSelection.CAUTIOUS,
        ),
        operator_args=OPERATOR,
        default_args=TASK,
    )


def dbt_record() -> DbtBuildLocalOperator:
    """Builds and tests the remaining models in one dbt invocation, with all tests that read one of them."""
    return DbtBuildLocalOperator(
        task_id="dbt_record",
        project_dir=PROJECT,
        profile_config=PROFILE,
        dbt_executable_path=DBT,
        invocation_mode=InvocationMode.SUBPROCESS,
        select=RECORD,
        exclude=" ".join(NEVER),
        **OPERATOR,
        **TASK,
    )


with DAG(
    dag_id="attribution_cosmos",
    description="Attributes conversions, with a task per dbt model and test.",
    doc_md=__doc__,
    schedule=os.environ.get("ATTRIBUTION_SCHEDULE", "@hourly") or None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=8),
    user_defined_macros={"mirrored_tables": MIRRORED_TABLES, "build_id": build_id},
    default_args={"retries": 3, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True},
    tags=["attribution"],
) as dag:
    announce = PythonSensor(
        task_id="announce",
        python_callable=attribution_tasks.announce,
        op_kwargs={
            "service_url": "{{ conn.attribution_service.host }}"
            "{% if conn.attribution_service.port %}:{{ conn.attribution_service.port }}{% endif %}",
            "api_key": "{{ conn.attribution_service.password or '' }}",
            "refreshed_since": AS_OF,
        },
        poke_interval=10,
        timeout=600,
        execution_timeout=timedelta(minutes=15),
    )
    refresh_mirror() >> dbt_models() >> dbt_record() >> announce
