"""The structure of the loaded DAGs, and that the rules of structure.py report faults planted in the files."""

from __future__ import annotations

import os
import re
import unittest
import warnings
from pathlib import Path
from unittest import mock

import airflow
from dags import ROOT, Variables, load_changed_dags, load_dags, render
from structure import faults_of, schedule_of

DOCS = (ROOT / "docs" / "airflow.md").read_text(encoding="utf-8")
DAG, DBT, MIRROR = "attribution.py", "attribution_dbt.py", "attribution_mirror.py"
TESTS = "attribution_expensive_tests.py"
CHAIN = "dbt_silver >> dbt_gold >> announce"

# File, text, its replacement, and what reports the fault.
FAULTS = [
    (DAG, CHAIN, "dbt_silver >> announce >> dbt_gold >> push_metrics\n    announce", "dbt_gold waits for announce."),
    (DAG, CHAIN, f"check_refresh >> dbt_gold\n    {CHAIN}", "dbt_gold waits for check_refresh, dbt_silver."),
    (DAG, "[source_freshness, dbt_silver]", "source_freshness >> dbt_silver", "dbt_silver waits for source_freshness."),
    (DAG, '"trigger_rule": "all_success"', '"trigger_rule": "all_done"', "dbt_gold has trigger_rule all_done"),
    (DAG, "max_active_runs=1", "max_active_runs=2", "max_active_runs is 2."),
    (DAG, "timedelta(hours=8)", "timedelta(hours=6)", "dagrun_timeout 6:00:00 does not exceed"),
    (DAG, "timedelta(hours=8)", "timedelta(days=8)", "dagrun_timeout is 8 days, 0:00:00 instead of 8:00:00."),
    (DAG, '        mode="reschedule",\n', "", "push_result is stopped by execution_timeout"),
    (DAG, "attribution_tasks.POKE_SECONDS", "5", "push_result is rescheduled more than once a minute."),
    (DAG, "poke_interval=10", "soft_fail=True", "announce hides its failure."),
    (DAG, '"api_key":', '"key":', "announce passes"),
    (DAG, '"retries": 3', '"retries": 0', "read_clock is retried 0 times instead of 3."),
    (DAG, "timedelta(minutes=10)", "timedelta(hours=10)", "read_clock is retried after up to 10:00:00."),
    (DAG, "timeout=600", "timeout=60", "announce waits for 0:01:00 instead of 0:10:00."),
    (DAG, "wait_minutes=75", "wait_minutes=30", "push_result waits for 0:30:00 instead of 1:15:00."),
    (DAG, "minutes=15,\n    )\n    push_result", "minutes=5,\n    )\n    push_result", "push_metrics is stopped by execution_"),
    (DAG, '"@hourly"', '"@daily"', "the schedule is @daily."),
    (DBT, "retries=1", "retries=10", "dbt_gold is retried 10 times instead of 1."),
    (TESTS, "minutes=120", "minutes=12", "dbt_expensive_tests is stopped after 0:12:00 instead of 2:00:00."),
    (DBT, "        pool=POOL,\n", "", "dbt_expensive_tests takes 1 slots of the pool default_pool"),
    (DBT, "        execution_timeout=timedelta(minutes=minutes),\n", "", "dbt_silver has no execution_timeout."),
    (MIRROR, "in MIRRORED_TABLES]", "in MIRRORED_TABLES[:1]]", "the tasks are announce, check_refresh, dbt_gold"),
    (MIRROR, "        autocommit=True,\n        do_xcom", "        do_xcom", "refresh_strategies refreshes inside a"),
    (MIRROR, '"attribution_warehouse"', '"redshift_default"', "check_refresh uses the connection redshift_default."),
]


def warnings_of(file: str, old: str, new: str) -> list[str]:
    """What the changed DAG files are warned about when they are loaded. Airflow does not keep the kind of a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load_changed_dags(file, old, new)
    places = [(Path(each.filename), each.message) for each in caught]
    return [f"{path.name}: {message}" for path, message in places if path.parent.name == "dags"]


class Structure(unittest.TestCase):
    def test_the_dags_have_no_faults(self):
        self.assertEqual(faults_of(load_dags()), [])

    def test_planted_faults_are_reported(self):
        for file, old, new, sentence in FAULTS:
            with self.subTest(sentence):
                self.assertIn(sentence, "\n".join(faults_of(load_changed_dags(file, old, new))))

    def test_a_broken_import_is_reported(self):
        with self.assertRaisesRegex(ImportError, "no_such_module"):
            load_changed_dags("attribution_push.py", "import logging\n", "import logging\nimport no_such_module\n")

    @unittest.skipIf(airflow.__version__.startswith("2."), "Airflow 2 deprecates what Airflow 3 replaces")
    def test_the_dags_use_nothing_that_airflow_3_deprecates(self):
        file, kept = "attribution_push.py", "import logging\n"
        self.assertEqual(warnings_of(file, kept, kept), [])
        planted = warnings_of(file, kept, f"{kept}from airflow.operators.bash import BashOperator\n")
        self.assertRegex("\n".join(planted), r"^attribution_push\.py: .*deprecated")

    def test_the_schedules_are_set_by_environment_variables(self):
        given = {"ATTRIBUTION_SCHEDULE": "", "ATTRIBUTION_EXPENSIVE_TESTS_SCHEDULE": "0 3 * * *"}
        with mock.patch.dict(os.environ, given):
            dags = load_dags()
        self.assertIsNone(schedule_of(dags["attribution"]))
        self.assertEqual(schedule_of(dags["attribution_expensive_tests"]), "0 3 * * *")


class Templates(unittest.TestCase):
    def setUp(self):
        self.dags = load_dags()

    def sql(self, task_id: str, **variables: str) -> str:
        return " ".join(render(self.dags["attribution"], task_id, Variables(variables))["sql"].split())

    def test_the_statements_for_redshift(self):
        self.assertRegex(self.sql("read_clock"), r"^select to_char\(cast\(getdate\(\) as timestamptz\) .* as instant$")
        self.assertEqual(self.sql("refresh_iterations"), "refresh materialized view adsuite_mirror.iterations")
        self.assertIn("cast('2026-01-02 03:04:05.000006+00' as timestamptz)", self.sql("check_refresh"))

    def test_the_clocks_of_redshift_and_postgres_are_written_alike(self):
        # refresh-check.test.ts runs the one for PostgreSQL.
        postgres = self.sql("read_clock", attribution_warehouse_kind="postgres")
        self.assertIn("clock_timestamp()", postgres)
        self.assertEqual(self.sql("read_clock").replace("cast(getdate() as timestamptz)", "clock_timestamp()"), postgres)

    def test_an_unknown_kind_of_warehouse_is_named_in_the_error(self):
        with self.assertRaisesRegex(Exception, "attribution_sql/oracle/clock.sql"):
            self.sql("read_clock", attribution_warehouse_kind="oracle")

    def test_the_docs_list_variables_with_defaults_connections_and_the_pool(self):
        variables = Variables({})
        for dag in self.dags.values():
            for task in dag.tasks:
                render(dag, task.task_id, variables)
        self.assertIn("attribution_push", variables.defaults)
        for name, default in variables.defaults.items():
            row = rf"^\| `{name}` \|.*`{re.escape(default)}`"
            self.assertTrue(re.search(row, DOCS, re.MULTILINE), f"no row of {name} with its default {default}")
        for name in ("attribution_warehouse", "attribution_service"):
            self.assertTrue(f"| `{name}` |" in DOCS, name)
        self.assertTrue("airflow pools set attribution_dbt 1 " in DOCS, "the pool")


if __name__ == "__main__":
    unittest.main()
