"""What the dbt tasks select, listed by the real dbt, whose program is the Variable attribution_dbt."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
import unittest

from dags import ROOT, load_dags

PROJECT = ROOT / "warehouse" / "dbt"


def arguments_of(task: object) -> list[str]:
    """The words of a task's last command up to its variables, without the program."""
    words = shlex.split(task.bash_command)
    words = words[len(words) - words[::-1].index("$ATTRIBUTION_DBT") :]
    return words[: min(words.index(option) for option in ("--vars", "--project-dir") if option in words)]


class Selection(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        dags = load_dags()
        silver, gold = (arguments_of(dags["attribution"].get_task(task)) for task in ("dbt_silver", "dbt_gold"))
        expensive = arguments_of(dags["attribution_expensive_tests"].get_task("dbt_expensive_tests"))
        assert (silver.pop(0), gold.pop(0), expensive.pop(0)) == ("build", "build", "test")
        cls.silver, cls.gold, cls.expensive = cls.listed(silver), cls.listed(gold), cls.listed(expensive)
        cls.all = cls.listed([])
        cls.gold_arguments = gold

    @classmethod
    def listed(cls, selection: list[str]) -> list[str]:
        """The models, tests and other nodes that dbt selects, but not sources: dbt builds nothing for them."""
        paths = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "local"]
        paths += ["--target-path", cls.folder, "--log-path", cls.folder]
        command = [os.environ["AIRFLOW_VAR_ATTRIBUTION_DBT"], "--quiet", "ls", *selection, *paths]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            raise AssertionError(run.stdout + run.stderr)
        return [line for line in run.stdout.splitlines() if line and not line.startswith(("source:", "unit_test:"))]

    def test_silver_and_gold_select_every_node_once_but_for_the_expensive_tests(self):
        self.assertEqual(sorted(self.silver + self.gold), sorted(set(self.all) - set(self.expensive)))
        self.assertGreater(len(self.gold), 50)

    def test_the_expensive_tests_are_tests(self):
        self.assertIn("attribution.silver_equals_all_events", self.expensive)
        models = {path.stem for path in PROJECT.glob("models/**/*.sql")}
        self.assertEqual([each for each in self.expensive if each.split(".")[-1] in models], [])

    def test_silver_builds_silver_and_only_its_own_tests(self):
        names = [each.split(".")[-1] for each in self.silver]
        self.assertIn("goal_complete_events", names)
        self.assertIn("unique_goal_complete_events_event_id", names)
        self.assertNotIn("gold_adds_up_to_silver", names)

    def test_without_cautious_selection_gold_would_lack_tests(self):
        eager = self.listed([each for each in self.gold_arguments if each not in ("--indirect-selection", "cautious")])
        # It reads silver too, so eager selection excludes it with silver.
        self.assertIn("attribution.gold_adds_up_to_silver", self.gold)
        self.assertNotIn("attribution.gold_adds_up_to_silver", eager)


if __name__ == "__main__":
    unittest.main()
