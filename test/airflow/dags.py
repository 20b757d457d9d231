"""Loads the DAGs with the DagBag of the Airflow that runs the tests, and renders the templates of their tasks."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import airflow

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "warehouse" / "airflow" / "dags"
sys.path.append(str(DAGS))
# Helper modules of a changed copy must not stay in a cache beside the real ones.
sys.dont_write_bytecode = True

if airflow.__version__.startswith("2."):
    from airflow.models.dagbag import DagBag
else:
    from airflow.dag_processing.dagbag import DagBag

CLOCK = "2026-01-02 03:04:05.000006+00"
BUILD = "8c9e4a6e-0b0f-4f55-9d1f-2f7f4c1d9a10"
PUSH = "5f0c3a52-6f0e-4a57-8a63-0e1d2b7c9f11"


def load_dags(folder: Path = DAGS) -> dict[str, Any]:
    """The DAGs of a folder, by id. Raises ImportError with Airflow's message if a file can't be imported."""
    bag = DagBag(str(folder))
    if bag.import_errors:
        raise ImportError("\n".join(bag.import_errors.values()))
    return bag.dags


def load_changed_dags(file: str, old: str, new: str) -> dict[str, Any]:
    """The DAGs after a text of one of their files was replaced; a text that can't be found is an error."""
    helpers = {path.stem for path in DAGS.glob("*.py")}
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "dags")
        shutil.copytree(DAGS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        text = (folder / file).read_text(encoding="utf-8")
        if old not in text:
            raise AssertionError(f"{file} has no {old!r} to change.")
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        kept = {name: sys.modules.pop(name) for name in helpers & sys.modules.keys()}
        sys.path.insert(0, str(folder))
        try:
            return load_dags(folder)
        finally:
            sys.path.remove(str(folder))
            for name in helpers & sys.modules.keys():
                del sys.modules[name]
            sys.modules.update(kept)


class Variables:
    """var.value of the template context. Remembers which Variables were read, with their defaults."""

    def __init__(self, given: dict[str, str]):
        self._given = given
        self.defaults: dict[str, str] = {}

    def get(self, name: str, default: str) -> str:
        self.defaults[name] = default
        return self._given.get(name, default)


def render(
    dag: Any,
    task_id: str,
    variables: Variables | None = None,
    service: dict[str, Any] | None = None,
    run_id: str = "scheduled__2026-01-02T03:00:00+00:00",
    build: str = BUILD,
    clock: str = CLOCK,
    attempt: int = 1,
) -> dict[str, Any]:
    """The rendered template fields of a task. service has the fields of the connection to the service."""
    task = dag.get_task(task_id)
    results = {"read_clock": [(clock,)], "announce": build, "push_metrics": PUSH}
    connection = service or {"host": "https://attribution.example", "port": 4000, "password": "key"}
    context = {
        "var": {"value": variables or Variables({})},
        "conn": SimpleNamespace(attribution_service=SimpleNamespace(**connection)),
        "ti": SimpleNamespace(xcom_pull=lambda task_ids: results[task_ids], try_number=attempt),
        "run_id": run_id,
        "task": task,
    }
    environment = dag.get_template_env()
    return {name: task.render_template(getattr(task, name), context, environment) for name in task.template_fields}
