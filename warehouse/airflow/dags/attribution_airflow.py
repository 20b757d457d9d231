"""Names whose module depends on the version of Airflow. Supports Airflow 2.11 and 3.

The version decides, not which import succeeds: in a broken Airflow 3 an import for version 2 might succeed too, and hide
the error that names the cause.
"""

from __future__ import annotations

import airflow

__all__ = [
    "DAG",
    "AirflowFailException",
    "AirflowRescheduleException",
    "AirflowSkipException",
    "BashOperator",
    "PokeReturnValue",
    "PythonSensor",
]

VERSION = tuple(int(part) for part in airflow.__version__.split(".")[:2])

if VERSION >= (3, 0):
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.sensors.python import PythonSensor
    from airflow.sdk import DAG, PokeReturnValue
else:
    from airflow.models.dag import DAG
    from airflow.operators.bash import BashOperator
    from airflow.sensors.base import PokeReturnValue
    from airflow.sensors.python import PythonSensor

if VERSION >= (3, 2):
    from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException
else:
    from airflow.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException
