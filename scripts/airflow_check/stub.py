"""A stub of Airflow's API: it records uses of the names in a shape and refuses all others."""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass, field
from typing import Any

from .shapes import Shape, Signature


class Refused(Exception):
    """The DAG file uses something that this version of Airflow does not have."""


@dataclass(eq=False)
class Task:
    """A recorded task: its class, its arguments (merged with the DAG's defaults), the ids of its direct neighbours."""

    kind: str
    signature: Signature
    arguments: dict[str, Any]
    upstream: set[str] = field(default_factory=set)
    downstream: set[str] = field(default_factory=set)

    @property
    def task_id(self) -> str:
        return self.arguments["task_id"]

    def __rshift__(self, other: Any) -> Any:
        for task in _tasks(other):
            self.downstream.add(task.task_id)
            task.upstream.add(self.task_id)
        return other

    def __lshift__(self, other: Any) -> Any:
        for task in _tasks(other):
            task >> self
        return other

    def __rrshift__(self, other: Any) -> Task:
        self << other
        return self

    def __rlshift__(self, other: Any) -> Task:
        self >> other
        return self


@dataclass(eq=False)
class RecordedDag:
    arguments: dict[str, Any]
    tasks: dict[str, Task] = field(default_factory=dict)


class Recorder:
    """Installs a shape's modules in sys.modules, and records the DAGs that are defined with them."""

    def __init__(self, shape: Shape):
        self.shape = shape
        self.dags: list[RecordedDag] = []
        self._open: list[RecordedDag] = []

    def install(self) -> None:
        """Makes the shape's modules importable, and no other module of Airflow."""
        self._put(self.shape.dag_path, self._dag_class())
        for path, signature in self.shape.operators.items():
            self._put(path, self._operator(path, signature))
        for path, value in self.shape.values.items():
            self._put(path, value)

    def _put(self, path: str, value: Any) -> None:
        module_name, name = path.split(":")
        parts = module_name.split(".")
        for count in range(1, len(parts) + 1):
            full = ".".join(parts[:count])
            if full not in sys.modules:
                module = types.ModuleType(full)
                # With an empty path, Python looks for submodules only in sys.modules.
                module.__path__ = []
                sys.modules[full] = module
        setattr(sys.modules[module_name], name, value)

    def _dag_class(self) -> type:
        recorder = self

        class DAG:
            def __init__(self, dag_id: str, **arguments: Any):
                _refuse_unknown("DAG", arguments, recorder.shape.dag_accepts)
                base = frozenset().union(*(each.accepts for each in recorder.shape.operators.values()))
                _refuse_unknown("default_args", arguments.get("default_args", {}), base)
                self.recorded = RecordedDag({"dag_id": dag_id, **arguments})
                recorder.dags.append(self.recorded)

            def __enter__(self) -> Any:
                recorder._open.append(self.recorded)
                return self

            def __exit__(self, *_: Any) -> None:
                recorder._open.pop()

        return DAG

    def _operator(self, path: str, signature: Signature) -> Any:
        kind = path.split(":")[1]

        def construct(*positional: Any, **arguments: Any) -> Task:
            if positional:
                raise Refused(f"{kind}: positional arguments are not allowed.")
            if not self._open:
                raise Refused(f"{kind}: created outside a DAG.")
            dag = self._open[-1]
            _refuse_unknown(kind, arguments, signature.accepts)
            defaults = dag.arguments.get("default_args", {})
            merged = {**{name: value for name, value in defaults.items() if name in signature.accepts}, **arguments}
            missing = signature.required - merged.keys()
            if missing:
                raise Refused(f"{kind}: {', '.join(sorted(missing))} is missing.")
            task = Task(kind, signature, merged)
            if task.task_id in dag.tasks:
                raise Refused(f"Two tasks have the id {task.task_id}.")
            dag.tasks[task.task_id] = task
            return task

        return construct


def _refuse_unknown(what: str, arguments: dict[str, Any], accepted: frozenset[str]) -> None:
    unknown = sorted(arguments.keys() - accepted)
    if unknown:
        raise Refused(f"{what} does not take {', '.join(unknown)}.")


def _tasks(value: Any) -> list[Task]:
    values = value if isinstance(value, (list, tuple)) else [value]
    for each in values:
        if not isinstance(each, Task):
            raise Refused(f"{each!r} is not a task.")
    return list(values)
