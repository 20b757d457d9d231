"""Each kind of broken DAG is caught, under both shapes of Airflow."""

import unittest

import jinja2
from support import SHAPES, faults_with
from airflow_check.dialects import parse_faults

CHAIN = "read_clock >> refreshes >> check_refresh >> [source_freshness, dbt_silver]"
PUSH = "announce >> push_metrics >> push_result"
TAIL = f"dbt_silver >> dbt_gold >> {PUSH}"

# Name of the fault, what replaces what, and the sentence that must report it.
GRAPH_FAULTS = [
    (
        "attribution beside the refresh",
        (CHAIN, CHAIN.replace(", dbt_silver", "") + "\n    read_clock >> dbt_silver"),
        "dbt_silver can run without check_refresh.",
    ),
    (
        "attribution past the check",
        (TAIL, TAIL + "\n    read_clock >> dbt_gold"),
        "dbt_gold can be reached past check_refresh.",
    ),
    (
        "a refresh that nobody checks",
        (CHAIN, CHAIN.replace("refreshes", "refreshes[:1]") + "\n    read_clock >> refreshes[1]"),
        "check_refresh does not wait for refresh_iterations.",
    ),
    (
        "a refresh that attribution does not wait for",
        ("refresh(table) for table in MIRRORED_TABLES", "refresh(table) for table in MIRRORED_TABLES[:1]"),
        "refresh_iterations is missing.",
    ),
    (
        "gold beside silver",
        (TAIL, f"dbt_silver >> announce\n    check_refresh >> dbt_gold >> {PUSH}"),
        "dbt_gold does not wait for dbt_silver.",
    ),
    (
        "an announcement before gold",
        (TAIL, f"dbt_silver >> [dbt_gold, announce]\n    {PUSH}"),
        "announce does not wait for dbt_gold.",
    ),
    (
        "a push before the announcement",
        (TAIL, "dbt_silver >> dbt_gold >> push_metrics >> push_result >> announce"),
        "push_metrics can run without announce.",
    ),
    (
        "a push beside the announcement",
        (TAIL, "dbt_silver >> dbt_gold >> [announce, push_metrics]\n    push_metrics >> push_result"),
        "push_metrics can run without announce.",
    ),
    (
        "a push past the announcement",
        (TAIL, TAIL + "\n    dbt_gold >> push_metrics"),
        "push_metrics can be reached past announce.",
    ),
    (
        "a push that nobody watches",
        (PUSH, "announce >> push_metrics"),
        "push_result does not wait for push_metrics.",
    ),
    (
        "a push after an announcement that failed",
        ('mode="reschedule",', 'mode="reschedule",\n        trigger_rule="all_done",'),
        "push_metrics runs by all_done",
    ),
    (
        "a dependency too many",
        (TAIL, TAIL + "\n    source_freshness >> dbt_gold"),
        "dbt_gold waits for source_freshness, which is not in the plan.",
    ),
    (
        "two entries",
        (CHAIN, CHAIN.replace("read_clock >> ", "") + "\n    read_clock >> check_refresh"),
        "The run begins with read_clock, refresh_iterations, refresh_strategies",
    ),
    ("a circle", (TAIL, TAIL + " >> dbt_silver"), "The tasks wait for each other in a circle."),
    (
        "all_done as the default",
        ('"trigger_rule": "all_success"', '"trigger_rule": "all_done"'),
        "dbt_gold runs by all_done",
    ),
    (
        "all_done for dbt",
        ("append_env=True,", 'append_env=True,\n        trigger_rule="all_done",'),
        "dbt_silver runs by all_done",
    ),
    ("no retries", ("        retries=1,\n", "        retries=0,\n"), "dbt_gold is not retried."),
    (
        "no back-off",
        ('"retry_exponential_backoff": True', '"retry_exponential_backoff": False'),
        "announce is retried without back-off.",
    ),
    (
        "no retry delay",
        ('"retry_delay": timedelta(seconds=30)', '"retry_delay": timedelta(0)'),
        "read_clock has no retry_delay.",
    ),
    (
        "no time-out",
        ("        execution_timeout=timedelta(minutes=minutes),\n", ""),
        "dbt_silver has no execution_timeout.",
    ),
    (
        "a run time-out that is too short",
        ("timedelta(hours=6)", "timedelta(hours=2)"),
        "dagrun_timeout 2:00:00 does not exceed",
    ),
    ("runs side by side", ("max_active_runs=1", "max_active_runs=2"), "max_active_runs is 2"),
    ("catching up", ("catchup=False", "catchup=True"), "catchup is True"),
    (
        "a start that moves",
        ("datetime(2026, 1, 1, tzinfo=timezone.utc)", "datetime.now(timezone.utc)"),
        "is not a fixed full hour",
    ),
    ("a start without a time zone", (", tzinfo=timezone.utc", ""), "is not a fixed full hour"),
    (
        "a refresh in a transaction",
        ("        autocommit=True,\n        do_xcom_push=False", "        do_xcom_push=False"),
        "refresh_strategies refreshes inside a transaction.",
    ),
    (
        "another connection",
        ('WAREHOUSE = "attribution_warehouse"', 'WAREHOUSE = "redshift_default"'),
        "uses the connection redshift_default.",
    ),
    ("a sensor that hides its failure", ("poke_interval=10", "soft_fail=True"), "announce hides its failure."),
    (
        "a sensor that holds a worker for an hour",
        ('        mode="reschedule",\n', ""),
        "push_result is cut off by execution_timeout",
    ),
    (
        "a sensor that holds a worker, though nothing cuts it off",
        (
            "timeout=600,\n        execution_timeout=timedelta(minutes=15)",
            "timeout=3600,\n        execution_timeout=timedelta(minutes=65)",
        ),
        "announce holds a worker while it waits.",
    ),
    (
        "a sensor that waits for a week",
        ("        timeout=60 * wait_minutes,\n", ""),
        "does not exceed the tasks' own time-outs",
    ),
    (
        "a sensor that wears the scheduler out",
        ("poke_interval=attribution_tasks.POKE_SECONDS", "poke_interval=5"),
        "push_result is rescheduled more than once a minute.",
    ),
    ("a sensor cut off", ("timeout=600", "timeout=3600"), "announce is cut off by execution_timeout"),
    ("an argument that the function does not take", ('"api_key":', '"key":'), "announce calls with"),
    ("a task missing in doc_md", ("| `dbt_gold` |", "| gold |"), "doc_md does not tell what dbt_gold does."),
    ("a doc_md with a template", ("docs/airflow.md of", "{{ docs }} of"), "doc_md would be rendered as a template."),
    (
        "a doc_md that is taken for a file",
        ("docs/airflow.md of the project.\n", "docs/airflow.md\n"),
        "doc_md ends with .md.",
    ),
    (
        "the schedule left out",
        ('    schedule=os.environ.get("ATTRIBUTION_SCHEDULE", "@hourly") or None,\n', ""),
        "schedule is left",
    ),
]

# Faults that stop the import or the rendering, and what the error says.
ERRORS = [
    ("an unknown argument", ("append_env=True", "apend_env=True"), "BashOperator does not take apend_env."),
    ("an unknown argument of the DAG", ("catchup=False", "catch_up=False"), "DAG does not take catch_up."),
    ("an unknown default", ('"retries": 3', '"retrys": 3'), "default_args does not take retrys."),
    (
        "an unknown module",
        ("import os\n", "import os\nfrom airflow.providers.http.operators.http import HttpOperator\n"),
        "airflow.providers.http",
    ),
    (
        "an unknown operator",
        ("import SQLCheckOperator,", "import SQLChekOperator as SQLCheckOperator,"),
        "SQLChekOperator",
    ),
    ("a missing argument", ('        sql="attribution_sql/check.sql",\n', ""), "SQLCheckOperator: sql is missing."),
    ("a task twice", ('task_id="announce"', 'task_id="check_refresh"'), "Two tasks are called check_refresh."),
    (
        "a file read at import",
        ("MIRRORED_TABLES =", "open(__file__).close()\nMIRRORED_TABLES ="),
        "only a task may do: open",
    ),
    (
        "a connection made at import",
        ("MIRRORED_TABLES =", 'import socket\nsocket.socket().connect(("127.0.0.1", 1))\nMIRRORED_TABLES ='),
        "only a task may do: socket.",
    ),
    (
        "a program run at import",
        ("MIRRORED_TABLES =", 'os.system("true")\nMIRRORED_TABLES ='),
        "only a task may do: os.system",
    ),
    (
        "a Variable without a default",
        ("get('attribution_dbt', 'dbt')", "get('attribution_dbt')"),
        "The Variable attribution_dbt has no default.",
    ),
    (
        "an unknown connection",
        ("conn.attribution_service.host", "conn.service.host"),
        "There is no connection service.",
    ),
    ("a template that is not rendered", ("poke_interval=10", 'pool="{{ var.value.pool }}"'), "does not render pool"),
    (
        "a macro that does not exist",
        ('user_defined_macros={"mirrored_tables"', 'user_defined_macros={"tables"'),
        "'mirrored_tables' is undefined",
    ),
    ("a result that need not be there", (CHAIN, CHAIN.replace("read_clock >> ", "")), "reads the result of read_clock"),
    (
        "a push that is watched before it is asked for",
        (PUSH, "announce >> push_result >> push_metrics"),
        "push_result reads the result of push_metrics, which need not have run",
    ),
    ("a result that no task returns", ("task_ids='push_metrics'", "task_ids='dbt_gold'"), "dbt_gold keeps no result."),
    (
        "an exception that this Airflow does not have",
        ("MIRRORED_TABLES =", "from airflow.exceptions import AirflowStop\nMIRRORED_TABLES ="),
        "airflow.exceptions",
    ),
    ("an SQL file that does not exist", ('"clock.sql"', '"watch.sql"'), "attribution_sql/redshift/watch.sql"),
]


class PlantedFaults(unittest.TestCase):
    def test_the_unchanged_dag_has_none(self):
        for shape in SHAPES:
            self.assertEqual(faults_with(shape), [], shape.name)

    def test_faults_of_the_graph(self):
        for shape in SHAPES:
            for name, change, sentence in GRAPH_FAULTS:
                with self.subTest(name, shape=shape.name):
                    self.assertIn(sentence, "\n".join(faults_with(shape, change, is_rendered=False)))

    def test_faults_that_stop_the_import_or_a_template(self):
        for shape in SHAPES:
            for name, change, sentence in ERRORS:
                with self.subTest(name, shape=shape.name):
                    with self.assertRaises(Exception) as caught:
                        faults_with(shape, change)
                    self.assertIn(sentence, str(caught.exception))

    def test_invalid_sql(self):
        right = {"refresh": "refresh materialized view adsuite_mirror.strategies"}
        self.assertEqual(parse_faults(right, "redshift"), [])
        wrong = {**right, "typo": "refresh materialised view adsuite_mirror.strategies"}
        self.assertEqual(parse_faults(wrong, "redshift"), ["typo can't be parsed as SQL of redshift."])

    def test_a_wrong_kind_of_warehouse_fails_by_name(self):
        for shape in SHAPES:
            change = ("'attribution_warehouse_kind', 'redshift'", "'attribution_warehouse_kind', 'oracle'")
            with self.assertRaisesRegex(jinja2.TemplateNotFound, "attribution_sql/oracle/clock.sql"):
                faults_with(shape, change)


if __name__ == "__main__":
    unittest.main()
