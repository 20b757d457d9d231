"""Runs the DAG `attribution` to its end with dag.test(), which needs no scheduler, and writes the states of its tasks.

    python run_dag.py <DAG folder> <result file>

The tasks are those of the DAG file, except that a failed task is not retried and sensors poll every second: these are
set here, on the loaded DAG.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import BaseSensorOperator

SENSOR_SECONDS = 10


def main(folder: Path, result: Path) -> None:
    bag = BundleDagBag(str(folder), bundle_path=folder, bundle_name="dags-folder")
    if bag.import_errors:
        raise SystemExit("\n".join(bag.import_errors.values()))
    dag = bag.dags["attribution"]
    for task in dag.tasks:
        task.retries = 0
        if isinstance(task, BaseSensorOperator):
            task.poke_interval = 1
            task.timeout = min(task.timeout, SENSOR_SECONDS)
    run = dag.test()
    states = {task.task_id: str(task.state) for task in run.get_task_instances()}
    result.write_text(json.dumps({"state": str(run.state), "tasks": states}), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
