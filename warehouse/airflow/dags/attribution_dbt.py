"""Tasks that run the dbt program. Their settings are Airflow Variables, listed in docs/airflow.md of the project."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

from attribution_airflow import BashOperator
from attribution_mirror import CLOCK

# All dbt tasks share this pool, which has one slot: dbt refuses a second build while one runs, and tests that run during a
# build would compare tables of different builds.
POOL = "attribution_dbt"
PROJECT = "var.value.get('attribution_dbt_project', '/opt/attribution/warehouse/dbt')"
OUTPUT = f"var.value.get('attribution_dbt_output', {PROJECT} ~ '/target')"
# The template of the build's id. The DAG must have the macro build_id.
BUILD_ID = f"{{{{ build_id(run_id, {CLOCK}) }}}}"


def build_id(run_id: str, clock: str) -> str:
    """The id of the build that a DAG run makes: the same in its dbt tasks and their retries, so that they share the build.

    clock is what read_clock has read. If the whole run is cleared, it is read again, and the run makes another build. The
    number of times that a run was cleared (clear_number) would not do: it also changes if a single task is cleared, and
    the rest of the run would not continue the build.

    At most 64 characters, as long as the column in the warehouse.
    """
    name = re.sub(r"[^A-Za-z0-9_.~:+-]", "_", run_id)[:52]
    return f"{name}.{hashlib.sha256(f'{run_id} {clock}'.encode()).hexdigest()[:10]}"


def dbt(
    task_id: str,
    arguments: str,
    minutes: int,
    variables: dict[str, str] | None = None,
    finishes_build: bool = False,
) -> BashOperator:
    """A task that runs dbt, with its own folder of artifacts. A failure of any kind fails the task.

    minutes is the time limit of an attempt. variables are dbt's, with templates as values. finishes_build: the arguments are
    of a dbt build that finishes one. If an earlier attempt has finished it, and then a test failed or the worker was lost,
    another attempt only repeats the tests, because dbt refuses to build it again.
    """
    names = {name: f"ATTRIBUTION_{name.upper()}" for name in variables or {}}
    pairs = ", ".join(f"{name}: '${environment}'" for name, environment in names.items())
    options = (f' --vars "{{{pairs}}}"' if pairs else "") + (
        ' --project-dir "$ATTRIBUTION_DBT_PROJECT" --profiles-dir "$ATTRIBUTION_DBT_PROFILES"'
        ' --target "$ATTRIBUTION_DBT_TARGET" --target-path "$ATTRIBUTION_DBT_OUTPUT"'
        ' --log-path "$ATTRIBUTION_DBT_OUTPUT" --no-use-colors'
    )
    # Airflow treats exit code 99 as a skip, which a wrapper around dbt might return: any failure becomes 1.
    command = f'"$ATTRIBUTION_DBT" {arguments}{options} || exit 1'
    if finishes_build:
        tests = arguments.replace("build", "test", 1)
        command = (
            'if [ "$ATTRIBUTION_ATTEMPT" -gt 1 ] && echo "Asking dbt whether an earlier attempt has finished the build" &&'
            f' "$ATTRIBUTION_DBT" run-operation require_finished_build{options}; then'
            f' "$ATTRIBUTION_DBT" {tests}{options} || exit 1; else {command}; fi'
        )
    return BashOperator(
        task_id=task_id,
        bash_command=command,
        env={
            **{names[name]: template for name, template in (variables or {}).items()},
            "ATTRIBUTION_ATTEMPT": "{{ ti.try_number }}",
            "ATTRIBUTION_DBT": "{{ var.value.get('attribution_dbt', 'dbt') }}",
            "ATTRIBUTION_DBT_PROJECT": f"{{{{ {PROJECT} }}}}",
            "ATTRIBUTION_DBT_PROFILES": f"{{{{ var.value.get('attribution_dbt_profiles', {PROJECT}) }}}}",
            "ATTRIBUTION_DBT_TARGET": "{{ var.value.get('attribution_dbt_target', 'redshift') }}",
            "ATTRIBUTION_DBT_OUTPUT": f"{{{{ {OUTPUT} }}}}/{task_id}",
        },
        append_env=True,
        pool=POOL,
        retries=1,
        do_xcom_push=False,
        execution_timeout=timedelta(minutes=minutes),
    )
