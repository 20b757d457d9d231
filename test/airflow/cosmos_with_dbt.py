"""The sample for Cosmos beside the DAGs, as if it were deployed with them, rendered by the real dbt."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

from dags import DAGS, ROOT, load_dags
from structure import POOL

MODELS = ROOT / "warehouse" / "dbt" / "models"
SAMPLE = ROOT / "warehouse" / "airflow" / "samples" / "attribution_cosmos.py"
# The tests of several models that have a task: neither expensive, nor of a model of dbt_record.
DETACHED = {
    "daily_metrics_add_up_to_gold",
    "gold_adds_up_to_silver",
    "gold_iterations_exist_and_were_live",
}
# The models of the task dbt_record that do not store the build's id, but its number, or read a model that stores one.
READING = {
    "attribution_history",
    "quality_attributions",
    "quality_changes",
    "quality_iterations",
    "strategy_offers",
    "unattributed_fixes",
}


def models() -> set[str]:
    return {path.stem for path in MODELS.rglob("*.sql")}


class Cosmos(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(shutil.copytree(DAGS, Path(parent, "dags")))
            shutil.copy(SAMPLE, folder)
            cls.dags = load_dags(folder)
        cls.dag = cls.dags["attribution_cosmos"]
        cls.dbt = {task.task_id: task for task in cls.dag.tasks if task.task_id.startswith("dbt.")}
        # Their tasks are named <test>_test; the tests of one model run in <model>.test.
        cls.detached = {name for name in cls.dbt if name.endswith("_test")}

    def upstream(self, task_id: str) -> set[str]:
        return {task.task_id for task in self.dag.get_task(task_id).get_flat_relatives(upstream=True)}

    def test_each_model_has_one_task_but_for_those_that_store_the_id_of_the_build(self):
        runs = [name[len("dbt.") : -len("run") - 1] for name in self.dbt if name.endswith((".run", "_run"))]
        storing = {path.stem for path in MODELS.rglob("*.sql") if "build_id()" in path.read_text(encoding="utf-8")}
        self.assertIn("attribution_builds", storing)
        self.assertEqual(sorted(runs), sorted(models() - storing - READING))

    def test_no_expensive_test_has_a_task_and_none_runs_with_a_model(self):
        self.assertEqual(self.detached, {f"dbt.{name}_test" for name in DETACHED})
        for name, task in self.dbt.items():
            if name.endswith("test"):
                self.assertIn("tag:expensive", task.exclude, name)
                self.assertEqual(task.indirect_selection, "cautious", name)

    def test_the_build_is_recorded_after_every_model_and_test(self):
        self.assertEqual(self.dbt.keys() - self.upstream("dbt_record"), set())
        self.assertIn("dbt_record", self.upstream("announce"))
        record = self.dag.get_task("dbt_record")
        self.assertEqual((record.select, record.pool), ("tag:stores_build_id+", POOL))
        self.assertIn("tag:expensive", record.exclude)

    def test_dbt_runs_after_the_check_of_the_refresh_and_one_at_a_time(self):
        for name, task in self.dbt.items():
            self.assertEqual((task.pool, task.retries), (POOL, 1), name)
            self.assertIn("check_refresh", self.upstream(name), name)


if __name__ == "__main__":
    unittest.main()
