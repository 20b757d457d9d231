"""Tasks that run the dbt program. Their settings are Airflow Variables, listed in docs/airflow.md of the project."""

from __future__ import annotations

from datetime import timedelta

from attribution_airflow import BashOperator

# All dbt tasks share this pool, which has one slot: two builds at once would damage the incremental models, and tests
# that run during a build would compare tables of different builds.
POOL = "attribution_dbt"
PROJECT = "var.value.get('attribution_dbt_project', '/opt/attribution/warehouse/dbt')"
OUTPUT = f"var.value.get('attribution_dbt_output', {PROJECT} ~ '/target')"


def dbt(task_id: str, arguments: str, minutes: int, as_of: str | None = None) -> BashOperator:
    """A task that runs dbt, with its own folder of artifacts. A failure of any kind fails the task.

    minutes is the time limit of an attempt. as_of is the template of the instant at which open windows end; without it,
    dbt takes the start of its run.
    """
    variables = """ --vars "{as_of: '$ATTRIBUTION_AS_OF'}\"""" if as_of else ""
    return BashOperator(
        task_id=task_id,
        # Airflow treats exit code 99 as a skip, which a wrapper around dbt might return: any failure becomes 1.
        bash_command=f'"$ATTRIBUTION_DBT" {arguments}{variables}'
        ' --project-dir "$ATTRIBUTION_DBT_PROJECT" --profiles-dir "$ATTRIBUTION_DBT_PROFILES"'
        ' --target "$ATTRIBUTION_DBT_TARGET" --target-path "$ATTRIBUTION_DBT_OUTPUT"'
        ' --log-path "$ATTRIBUTION_DBT_OUTPUT" --no-use-colors || exit 1',
        env={
            **({"ATTRIBUTION_AS_OF": as_of} if as_of else {}),
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
