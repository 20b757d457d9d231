"""The rendered commands of the dbt tasks, run by bash with a stand-in for dbt that records its arguments."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from dags import Variables, load_dags, render

DAG = load_dags()["attribution"]
SELECTIONS = {
    "source_freshness": ["source", "freshness"],
    "dbt_silver": ["build", "--select", "+goal_complete_events", "--exclude", "tag:expensive", "test_type:unit"]
    + ["--indirect-selection", "cautious"],
    "dbt_gold": ["build", "--exclude", "+goal_complete_events", "tag:expensive", "test_type:unit"]
    + ["--indirect-selection", "cautious"],
}


class DbtCommand(unittest.TestCase):
    def call(self, task_id: str, exit_code: int = 0, **variables: str) -> tuple[int, list[str]]:
        """The exit code of a task's command, and the arguments that dbt got."""
        with tempfile.TemporaryDirectory() as folder:
            program, written = Path(folder, "dbt with a blank"), Path(folder, "arguments")
            program.write_text(f'#!/bin/bash\nprintf "%s\\n" "$@" > "{written}"\nexit {exit_code}\n', encoding="utf-8")
            program.chmod(0o755)
            task = render(DAG, task_id, Variables({"attribution_dbt": str(program), **variables}))
            run = subprocess.run(["bash", "-c", task["bash_command"]], env={**os.environ, **task["env"]})
            return run.returncode, written.read_text(encoding="utf-8").splitlines()

    def test_arguments_by_default(self):
        for task_id, selection in SELECTIONS.items():
            code, arguments = self.call(task_id)
            output = f"/opt/attribution/warehouse/dbt/target/{task_id}"
            expected = [
                "--vars",
                "{as_of: '2026-01-02 03:04:05.000006+00'}",
                "--project-dir",
                "/opt/attribution/warehouse/dbt",
                "--profiles-dir",
                "/opt/attribution/warehouse/dbt",
            ]
            expected += ["--target", "redshift", "--target-path", output, "--log-path", output, "--no-use-colors"]
            self.assertEqual((code, arguments), (0, selection + expected))

    def test_variables_reach_dbt_unchanged(self):
        _, arguments = self.call(
            "dbt_gold",
            attribution_dbt_project="/a b/$(id)",
            attribution_dbt_profiles="/c'd",
            attribution_dbt_target='"local"',
            attribution_dbt_output="/e;f",
        )
        given = dict(zip(arguments, arguments[1:]))
        self.assertEqual(given["--project-dir"], "/a b/$(id)")
        self.assertEqual(given["--profiles-dir"], "/c'd")
        self.assertEqual(given["--target"], '"local"')
        self.assertEqual(given["--target-path"], "/e;f/dbt_gold")

    def test_every_failure_fails_the_task_and_none_skips_it(self):
        for exit_code in (1, 2, 99, 127):
            self.assertEqual(self.call("dbt_silver", exit_code)[0], 1)


if __name__ == "__main__":
    unittest.main()
