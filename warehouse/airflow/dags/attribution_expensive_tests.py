"""
Runs the dbt tests that read all events or clicks (`tag:expensive`), once a day. They are too slow for every run of the
DAG `attribution`. Only they detect events that arrived later than dbt looks back, and are therefore missing in silver.

| task | does | if it fails, check |
|---|---|---|
| `dbt_expensive_tests` | runs the tests | the log: it names the test |

The task shares a pool of one slot with the dbt tasks of `attribution`, so it runs between two builds. A failure changes
nothing that the service serves. The settings, and more on each failure, are in docs/airflow.md of the project.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from attribution_airflow import DAG
from attribution_dbt import dbt

with DAG(
    dag_id="attribution_expensive_tests",
    description="Runs the dbt tests that read all events or clicks.",
    doc_md=__doc__,
    schedule=os.environ.get("ATTRIBUTION_EXPENSIVE_TESTS_SCHEDULE", "@daily") or None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    # Longer than both attempts, and shorter than the time to the next run.
    dagrun_timeout=timedelta(hours=12),
    default_args={
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
        "trigger_rule": "all_success",
    },
    tags=["attribution"],
) as dag:
    dbt("dbt_expensive_tests", "test --select tag:expensive", minutes=120)
