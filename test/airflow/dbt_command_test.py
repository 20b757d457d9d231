"""The rendered commands of the dbt tasks, run by bash with a stand-in for dbt that records its arguments."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from dags import CLOCK, Variables, load_dags, render

from attribution_dbt import build_id

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
            build = build_id("scheduled__2026-01-02T03:00:00+00:00", CLOCK)
            build = "" if task_id == "source_freshness" else f", build_id: '{build}'"
            expected = [
                "--vars",
                f"{{as_of: '2026-01-02 03:04:05.000006+00'{build}}}",
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


class Repeated(unittest.TestCase):
    """Repeated attempts of dbt_gold. The stand-in for dbt records the first word of each call, and fails some of them."""

    def call(self, attempt: int, failing: str, task_id: str = "dbt_gold") -> tuple[int, list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            program, written = Path(folder, "dbt"), Path(folder, "calls")
            lines = ["#!/bin/bash", f'echo "$1 $2" >> "{written}"', f'[[ " {failing} " != *" $1 "* ]]']
            program.write_text("\n".join(lines), encoding="utf-8")
            program.chmod(0o755)
            task = render(DAG, task_id, Variables({"attribution_dbt": str(program)}), attempt=attempt)
            run = subprocess.run(["bash", "-c", task["bash_command"]], env={**os.environ, **task["env"]})
            return run.returncode, written.read_text(encoding="utf-8").splitlines()

    def test_an_attempt_after_the_build_was_finished_repeats_its_tests(self):
        asked = "run-operation require_finished_build"
        self.assertEqual(self.call(2, "build"), (0, [asked, "test --exclude"]))
        self.assertEqual(self.call(3, "build test"), (1, [asked, "test --exclude"]))

    def test_any_other_attempt_builds(self):
        asked = "run-operation require_finished_build"
        self.assertEqual(self.call(1, ""), (0, ["build --exclude"]))
        self.assertEqual(self.call(1, "build"), (1, ["build --exclude"]))
        self.assertEqual(self.call(2, "run-operation"), (0, [asked, "build --exclude"]))
        self.assertEqual(self.call(2, "run-operation build"), (1, [asked, "build --exclude"]))
        self.assertEqual(self.call(2, "", "dbt_silver"), (0, ["build --select"]))


class BuildId(unittest.TestCase):
    def id_in(self, task_id: str, **options: str) -> str:
        return render(DAG, task_id, **options)["env"]["ATTRIBUTION_BUILD_ID"]

    def test_silver_gold_and_their_retries_share_the_build(self):
        self.assertEqual(self.id_in("dbt_silver"), self.id_in("dbt_gold"))
        self.assertRegex(self.id_in("dbt_gold"), r"^scheduled__2026-01-02T03:00:00\+00:00\.[0-9a-f]{10}$")

    def test_another_run_and_a_cleared_run_which_reads_the_clock_again_make_another_build(self):
        ids = [
            self.id_in("dbt_gold"),
            self.id_in("dbt_gold", run_id="scheduled__2026-01-02T04:00:00+00:00"),
            self.id_in("dbt_gold", clock="2026-01-02 03:04:06+00"),
        ]
        self.assertEqual(len(set(ids)), 3)

    def test_any_run_id_gives_an_id_that_dbt_accepts(self):
        for run_id in ("manual run 'x'; $(id)", "a" * 250, "a" * 249 + "b", "Lauf für Ä"):
            self.assertRegex(build_id(run_id, CLOCK), r"\A[A-Za-z0-9_.~:+-]{1,64}\Z")
        self.assertNotEqual(build_id("a" * 250, CLOCK), build_id("a" * 249 + "b", CLOCK))


if __name__ == "__main__":
    unittest.main()
