"""Rules for the graph of the attribution DAG. Each rule yields its faults as sentences."""

from __future__ import annotations

import inspect
from datetime import datetime, timedelta
from typing import Any, Iterator

from .stub import RecordedDag, Task

REFRESHES = {"refresh_strategies", "refresh_iterations"}
ATTRIBUTION = {"dbt_silver", "dbt_gold", "announce"}
PUSH = {"push_metrics", "push_result"}
# Tasks that may only run after a gate, on any path through the graph.
GATES = (
    *((each, ATTRIBUTION | PUSH) for each in ("read_clock", *sorted(REFRESHES), "check_refresh")),
    ("announce", PUSH),
)
EDGES = {
    *(("read_clock", each) for each in REFRESHES),
    *((each, "check_refresh") for each in REFRESHES),
    ("check_refresh", "source_freshness"),
    ("check_refresh", "dbt_silver"),
    ("dbt_silver", "dbt_gold"),
    ("dbt_gold", "announce"),
    ("announce", "push_metrics"),
    ("push_metrics", "push_result"),
}


def faults_of(dag: RecordedDag) -> list[str]:
    """Returns all faults of a recorded DAG."""
    return [fault for rule in (_settings, _edges, _order, _robustness, _arguments) for fault in rule(dag)]


def _settings(dag: RecordedDag) -> Iterator[str]:
    given = dag.arguments
    for name, value in (("dag_id", "attribution"), ("max_active_runs", 1), ("catchup", False)):
        if given.get(name) != value:
            yield f"{name} is {given.get(name)!r} instead of {value!r}."
    start = given.get("start_date")
    if (
        not isinstance(start, datetime)
        or start.tzinfo is None
        or start != start.replace(minute=0, second=0, microsecond=0)
    ):
        yield f"start_date {start} is not a fixed full hour with a time zone."
    if "schedule" not in given:
        yield "schedule is not set, and Airflow's default differs by version."
    limit = given.get("dagrun_timeout")
    longest = _longest(dag)
    if not isinstance(limit, timedelta) or limit <= longest:
        yield f"dagrun_timeout {limit} does not exceed the sum of the tasks' timeouts on the longest path, {longest}."
    doc = (given.get("doc_md") or "").strip()
    # Airflow 2 renders doc_md at import, and takes a text that ends with .md for a file name.
    if "{{" in doc or "{%" in doc or "{#" in doc:
        yield "doc_md would be rendered as a template."
    if doc.endswith(".md"):
        yield "doc_md ends with .md."
    for task in dag.tasks:
        if f"`{task}`" not in doc and not (task in REFRESHES and "`refresh_…`" in doc):
            yield f"doc_md does not describe {task}."


def _edges(dag: RecordedDag) -> Iterator[str]:
    edges = {(task.task_id, after) for task in dag.tasks.values() for after in task.downstream}
    for before, after in sorted(EDGES - edges):
        yield f"{after} does not wait for {before}."
    for before, after in sorted(edges - EDGES):
        yield f"{after} waits for {before}, which is not in EDGES."
    known = {task for edge in EDGES for task in edge}
    for task in sorted(dag.tasks.keys() - known):
        yield f"{task} is not in EDGES."
    for task in sorted(known - dag.tasks.keys()):
        yield f"{task} is missing."


def _order(dag: RecordedDag) -> Iterator[str]:
    if _has_cycle(dag):
        yield "The tasks wait for each other in a cycle."
    entries = sorted(task.task_id for task in dag.tasks.values() if not task.upstream)
    if entries != ["read_clock"]:
        yield f"The run begins with {', '.join(entries) or 'nothing'} instead of only read_clock."
    for gate, gated in GATES:
        if gate not in dag.tasks:
            continue
        for task in sorted(gated & dag.tasks.keys()):
            if gate not in _ancestors(dag, task):
                yield f"{task} can run without {gate}."
        if gate in ("check_refresh", "announce"):
            for task in sorted(gated & _reachable(dag, entries, without=gate)):
                yield f"{task} can run on a path that skips {gate}."


def _robustness(dag: RecordedDag) -> Iterator[str]:
    for task_id, task in dag.tasks.items():
        given = task.arguments
        if not given.get("retries", 0) >= 1:
            yield f"{task_id} is not retried."
        if given.get("retry_exponential_backoff") is not True:
            yield f"{task_id} is retried without backoff."
        for name in ("retry_delay", "max_retry_delay", "execution_timeout"):
            if not isinstance(given.get(name), timedelta) or given[name] <= timedelta(0):
                yield f"{task_id} has no {name}."
        if given.get("trigger_rule", "all_success") != "all_success":
            yield f"{task_id} has trigger_rule {given['trigger_rule']}, so it also runs if a task before it failed."
        if given.get("depends_on_past"):
            yield f"{task_id} waits for the previous run."
        if given.get("soft_fail") or given.get("never_fail") or given.get("silent_fail"):
            yield f"{task_id} hides its failure."


def _arguments(dag: RecordedDag) -> Iterator[str]:
    for task_id, task in dag.tasks.items():
        given = task.arguments
        if task.kind.startswith("SQL") and given["conn_id"] != "attribution_warehouse":
            yield f"{task_id} uses the connection {given['conn_id']}."
        if task_id in REFRESHES and given.get("autocommit") is not True:
            yield f"{task_id} refreshes inside a transaction."
        if task.kind == "PythonSensor":
            yield from _sensor(task)


def _sensor(task: Task) -> Iterator[str]:
    given = task.arguments
    if given.get("mode") == "reschedule":
        if given.get("poke_interval", 60) < 60:
            yield f"{task.task_id} is rescheduled more than once a minute."
    elif _waiting(task) >= given.get("execution_timeout", timedelta(0)):
        yield f"{task.task_id} is stopped by execution_timeout before its own timeout can report why."
    elif _waiting(task) > timedelta(minutes=15):
        yield f"{task.task_id} occupies a worker while it waits."
    parameters = set(inspect.signature(given["python_callable"]).parameters)
    if parameters != set(given.get("op_kwargs", {})):
        yield f"{task.task_id} passes {sorted(given.get('op_kwargs', {}))} to a function that takes {sorted(parameters)}."


def _waiting(task: Task) -> timedelta:
    """The longest wait of a sensor; almost unlimited by default."""
    return timedelta(seconds=task.arguments.get("timeout", 10**9))


def _ancestors(dag: RecordedDag, task_id: str) -> set[str]:
    return _closure(task_id, lambda each: dag.tasks[each].upstream) - {task_id}


def _reachable(dag: RecordedDag, entries: list[str], without: str) -> set[str]:
    after = lambda each: dag.tasks[each].downstream - {without}
    return {task for entry in entries if entry != without for task in _closure(entry, after)}


def _closure(start: str, neighbours: Any) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        fresh = neighbours(waiting.pop()) - seen
        seen |= fresh
        waiting.extend(fresh)
    return seen


def _has_cycle(dag: RecordedDag) -> bool:
    left = {task_id: set(task.upstream) for task_id, task in dag.tasks.items()}
    while free := [task_id for task_id, upstream in left.items() if not upstream]:
        for task_id in free:
            del left[task_id]
        for upstream in left.values():
            upstream.difference_update(free)
    return bool(left)


def _longest(dag: RecordedDag) -> timedelta:
    """The sum of the timeouts on the longest path through the graph; zero if there is a cycle."""
    if _has_cycle(dag):
        return timedelta(0)

    def until(task_id: str) -> timedelta:
        task = dag.tasks[task_id]
        own = task.arguments.get("execution_timeout") or timedelta(0)
        if task.arguments.get("mode") == "reschedule":
            # It limits a single poke then, and the last poke may begin just before the timeout.
            own += _waiting(task)
        return own + max((until(each) for each in task.upstream), default=timedelta(0))

    return max((until(task_id) for task_id in dag.tasks), default=timedelta(0))
