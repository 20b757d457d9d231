"""Renders the DAG's templates like Airflow: with Jinja2's sandbox, StrictUndefined, and files from the DAG's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import jinja2.ext
import jinja2.sandbox

from .stub import RecordedDag, Task

CLOCK = "2026-01-02 03:04:05.000006+00"
BUILD = "8c9e4a6e-0b0f-4f55-9d1f-2f7f4c1d9a10"
PUSH = "5f0c3a52-6f0e-4a57-8a63-0e1d2b7c9f11"
_NO_DEFAULT = object()


class RenderingFault(Exception):
    """A template needs a value that does not exist when its task runs."""


@dataclass
class Settings:
    """The configuration of Airflow and, after rendering, the names that the templates read."""

    variables: dict[str, str] = field(default_factory=dict)
    connections: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "attribution_service": {"host": "https://attribution.example", "port": 4000, "password": "key"}
        }
    )
    run_id: str = "scheduled__2026-01-02T03:00:00+00:00"
    # The XComs of tasks.
    results: dict[str, Any] = field(
        default_factory=lambda: {"read_clock": [(CLOCK,)], "announce": BUILD, "push_metrics": PUSH}
    )
    asked_variables: dict[str, str] = field(default_factory=dict)
    asked_connections: set[str] = field(default_factory=set)


class _Variables:
    """var.value of Airflow's template context."""

    def __init__(self, settings: Settings):
        self._settings = settings

    # Airflow 2 and the versions of 3 name the second parameter differently, so it is given by position.
    def get(self, key: str, default: Any = _NO_DEFAULT, /) -> Any:
        if default is _NO_DEFAULT:
            raise RenderingFault(f"The Variable {key} has no default.")
        self._settings.asked_variables[key] = default
        return self._settings.variables.get(key, default)


class _Connections:
    """conn of Airflow's template context."""

    def __init__(self, settings: Settings):
        self._settings = settings

    def __getattr__(self, name: str) -> Any:
        self._settings.asked_connections.add(name)
        if name not in self._settings.connections:
            raise RenderingFault(f"There is no connection {name}.")
        return self._settings.connections[name]


class _TaskInstance:
    """ti of Airflow's template context: returns the XCom of a task if that task always runs before this one."""

    def __init__(self, dag: RecordedDag, task: Task, results: dict[str, Any]):
        self._dag = dag
        self._task = task
        self._results = results

    def xcom_pull(self, *, task_ids: str) -> Any:
        seen, waiting = set(), [self._task.task_id]
        while waiting:
            fresh = self._dag.tasks[waiting.pop()].upstream - seen
            seen |= fresh
            waiting.extend(fresh)
        if task_ids not in seen:
            raise RenderingFault(
                f"{self._task.task_id} reads the result of {task_ids}, which may not have run before it."
            )
        if task_ids not in self._results or self._dag.tasks[task_ids].arguments.get("do_xcom_push", True) is not True:
            raise RenderingFault(f"{task_ids} has no result.")
        return self._results[task_ids]


def render(dag: RecordedDag, folder: Path, settings: Settings) -> dict[str, dict[str, Any]]:
    """Returns the rendered arguments by task. Raises RenderingFault, or Jinja2's own errors."""
    environment = jinja2.sandbox.SandboxedEnvironment(
        loader=jinja2.FileSystemLoader([str(folder)]), undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"]
    )
    environment.globals.update(dag.arguments.get("user_defined_macros") or {})
    return {task_id: _render_task(environment, dag, task, settings) for task_id, task in dag.tasks.items()}


def _render_task(environment: Any, dag: RecordedDag, task: Task, settings: Settings) -> dict[str, Any]:
    context = {
        "var": {"value": _Variables(settings)},
        "conn": _Connections(settings),
        "ti": _TaskInstance(dag, task, settings.results),
        "run_id": settings.run_id,
        "task": task,
    }

    def value_of(value: Any) -> Any:
        if isinstance(value, str):
            is_file = bool(task.signature.template_ext) and value.endswith(task.signature.template_ext)
            return (environment.get_template(value) if is_file else environment.from_string(value)).render(context)
        if isinstance(value, dict):
            return {key: value_of(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(value_of(each) for each in value)
        return value

    rendered = {}
    for name, value in task.arguments.items():
        if name in task.signature.template_fields:
            rendered[name] = value_of(value)
        elif isinstance(value, str) and ("{{" in value or "{%" in value):
            raise RenderingFault(f"{task.task_id}: this version of Airflow does not render {name}.")
        else:
            rendered[name] = value
    return rendered
