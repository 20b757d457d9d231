"""The sample for Cosmos beside the DAGs, as if it were deployed with them, rendered by the real dbt."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

from dags import DAGS, ROOT, load_dags
from structure import POOL

SAMPLE = ROOT / "warehouse" / "airflow" / "samples" / "attribution_cosmos.py"
BUILDS = "dbt.attribution_builds.run"
AFTER_BUILDS = {"dbt.newest_build_describes_gold_test", "dbt.newest_build_has_its_findings_test"}


def models() -> set[str]:
    return {path.stem for path in (ROOT / "warehouse" / "dbt" / "models").rglob("*.sql")}


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

    def test_each_model_has_one_task(self):
        runs = [name[len("dbt.") : -len("run") - 1] for name in self.dbt if name.endswith((".run", "_run"))]
        self.assertEqual(sorted(runs), sorted(models()))

    def test_no_expensive_test_has_a_task_and_none_runs_with_a_model(self):
        self.assertGreater(len(self.detached), 5)
        self.assertNotIn("dbt.silver_equals_all_events_test", self.detached)
        for name, task in self.dbt.items():
            if name.endswith("test"):
                self.assertIn("tag:expensive", task.exclude, name)
                self.assertEqual(task.indirect_selection, "cautious", name)

    def test_the_build_is_announced_after_every_test_of_what_it_announces(self):
        self.assertEqual(self.detached - self.upstream(BUILDS), AFTER_BUILDS)
        self.assertIn("dbt.attribution_builds.test", self.upstream("announce"))

    def test_dbt_runs_after_the_check_of_the_refresh_and_one_at_a_time(self):
        for name, task in self.dbt.items():
            self.assertEqual((task.pool, task.retries), (POOL, 1), name)
            self.assertIn("check_refresh", self.upstream(name), name)


if __name__ == "__main__":
    unittest.main()
