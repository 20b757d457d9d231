"""What must hold for the loaded DAGs. Each function yields faults as sentences."""

from __future__ import annotations

import inspect
from datetime import datetime, timedelta
from typing import Any, Iterator

# The tasks that each task waits for. All of them: a task may run on no other path.
UPSTREAM = {
    "attribution": {
        "read_clock": set(),
        "refresh_strategies": {"read_clock"},
        "refresh_iterations": {"read_clock"},
        "check_refresh": {"refresh_strategies", "refresh_iterations"},
        "source_freshness": {"check_refresh"},
        "dbt_silver": {"check_refresh"},
        "dbt_gold": {"dbt_silver"},
        "announce": {"dbt_gold"},
        "push_metrics": {"announce"},
        "push_result": {"push_metrics"},
    },
    "attribution_expensive_tests": {"dbt_expensive_tests": set()},
}
SCHEDULES = {"attribution": "@hourly", "attribution_expensive_tests": "@daily"}
# The pool with one slot, and the tasks that run dbt.
POOL = "attribution_dbt"
DBT = {"source_freshness", "dbt_silver", "dbt_gold", "dbt_expensive_tests"}
# How long a dbt task may wait for the other DAG's.
POOL_WAIT = timedelta(hours=2)
# The limits that docs/airflow.md lists: of a run, of an attempt of the expensive tests, of retries, and of what a sensor
# waits for. A push has an hour (PUSH_RUN_MINUTES), and may have to wait for another one.
RUN_TIMEOUTS = {"attribution": timedelta(hours=8), "attribution_expensive_tests": timedelta(hours=12)}
EXPENSIVE_TESTS_TIMEOUT = timedelta(hours=2)
RETRIES, DBT_RETRIES = 3, 1
WAITS = {"announce": timedelta(minutes=10), "push_metrics": timedelta(hours=1), "push_result": timedelta(minutes=75)}
# A longer delay between attempts would be longer than the time to the next run.
LONGEST_RETRY_DELAY = timedelta(minutes=30)
# How long the service may take to respond to the request of a sensor: it plans a push before it responds.
RESPONSES = {
    "announce": timedelta(seconds=30),
    "push_metrics": timedelta(minutes=10),
    "push_result": timedelta(seconds=30),
}


def faults_of(dags: dict[str, Any]) -> list[str]:
    """All faults of the DAGs, by id."""
    if dags.keys() != UPSTREAM.keys():
        return [f"The DAGs are {', '.join(sorted(dags)) or 'none'}."]
    rules = (_settings, _graph, _robustness, _arguments)
    return [f"{name}: {fault}" for name, dag in dags.items() for rule in rules for fault in rule(dag)]


def schedule_of(dag: Any) -> object:
    """The schedule as the DAG file gives it, in Airflow 2 and 3."""
    return dag.schedule if hasattr(dag, "schedule") else dag.schedule_interval


def _settings(dag: Any) -> Iterator[str]:
    if schedule_of(dag) != SCHEDULES[dag.dag_id]:
        yield f"the schedule is {schedule_of(dag)}."
    if dag.max_active_runs != 1:
        yield f"max_active_runs is {dag.max_active_runs}."
    if dag.catchup:
        yield "catchup is on."
    start: datetime = dag.start_date
    if (start.minute, start.second, start.microsecond) != (0, 0, 0):
        yield f"start_date {start} is not a fixed full hour."
    longest = _longest(dag) + POOL_WAIT
    if dag.dagrun_timeout is None or dag.dagrun_timeout <= longest:
        yield f"dagrun_timeout {dag.dagrun_timeout} does not exceed {longest}, the tasks' timeouts and the wait for the pool."
    elif dag.dagrun_timeout != RUN_TIMEOUTS[dag.dag_id]:
        yield f"dagrun_timeout is {dag.dagrun_timeout} instead of {RUN_TIMEOUTS[dag.dag_id]}."
    for task in dag.task_ids:
        name = "refresh_…" if task.startswith("refresh_") else task
        if f"`{name}`" not in (dag.doc_md or ""):
            yield f"doc_md does not describe {task}."


def _graph(dag: Any) -> Iterator[str]:
    expected = UPSTREAM[dag.dag_id]
    if set(dag.task_ids) != expected.keys():
        yield f"the tasks are {', '.join(sorted(dag.task_ids))}."
    for task in dag.tasks:
        if task.upstream_task_ids != expected.get(task.task_id):
            yield f"{task.task_id} waits for {', '.join(sorted(task.upstream_task_ids)) or 'nothing'}."


def _robustness(dag: Any) -> Iterator[str]:
    for task in dag.tasks:
        name = task.task_id
        retries = DBT_RETRIES if name in DBT else RETRIES
        if task.retries != retries:
            yield f"{name} is retried {task.retries} times instead of {retries}."
        if not task.retry_exponential_backoff or task.retry_delay <= timedelta(0) or task.max_retry_delay is None:
            yield f"{name} is retried without backoff."
        elif task.max_retry_delay > LONGEST_RETRY_DELAY:
            yield f"{name} is retried after up to {task.max_retry_delay}."
        if not task.execution_timeout:
            yield f"{name} has no execution_timeout."
        elif name == "dbt_expensive_tests" and task.execution_timeout != EXPENSIVE_TESTS_TIMEOUT:
            yield f"{name} is stopped after {task.execution_timeout} instead of {EXPENSIVE_TESTS_TIMEOUT}."
        if task.trigger_rule != "all_success":
            yield f"{name} has trigger_rule {task.trigger_rule.value}, so it also runs if a task before it failed."
        if task.depends_on_past or task.wait_for_downstream:
            yield f"{name} waits for the previous run."
        if any(getattr(task, option, False) for option in ("soft_fail", "never_fail", "silent_fail")):
            yield f"{name} hides its failure."
        pool = POOL if name in DBT else "default_pool"
        if (task.pool, task.pool_slots) != (pool, 1):
            yield f"{name} takes {task.pool_slots} slots of the pool {task.pool} instead of 1 of {pool}."


def _arguments(dag: Any) -> Iterator[str]:
    for task in dag.tasks:
        name = task.task_id
        if hasattr(task, "sql") and task.conn_id != "attribution_warehouse":
            yield f"{name} uses the connection {task.conn_id}."
        if name.startswith("refresh_") and task.autocommit is not True:
            yield f"{name} refreshes inside a transaction."
        if hasattr(task, "poke_interval"):
            yield from _sensor(task)


def _sensor(task: Any) -> Iterator[str]:
    name, waits = task.task_id, timedelta(seconds=task.timeout)
    if task.mode == "reschedule":
        if task.poke_interval < 60:
            yield f"{name} is rescheduled more than once a minute."
    elif waits >= task.execution_timeout:
        yield f"{name} is stopped by execution_timeout before its own timeout can report why."
    elif waits > timedelta(minutes=15):
        yield f"{name} occupies a worker while it waits."
    if waits != WAITS[name]:
        yield f"{name} waits for {waits} instead of {WAITS[name]}."
    if task.execution_timeout <= RESPONSES[name]:
        yield f"{name} is stopped by execution_timeout before the service responds."
    parameters = set(inspect.signature(task.python_callable).parameters)
    if parameters != task.op_kwargs.keys():
        yield f"{name} passes {sorted(task.op_kwargs)} to a function that takes {sorted(parameters)}."


def _longest(dag: Any) -> timedelta:
    """The sum of the timeouts on the longest path through the graph."""

    def until(task: Any) -> timedelta:
        own = task.execution_timeout or timedelta(0)
        if getattr(task, "mode", None) == "reschedule":
            # execution_timeout limits a single poke then, and the last poke may begin just before the timeout.
            own += timedelta(seconds=task.timeout)
        return own + max((until(each) for each in task.upstream_list), default=timedelta(0))

    return max((until(task) for task in dag.tasks), default=timedelta(0))
