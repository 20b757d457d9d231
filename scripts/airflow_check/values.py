"""Stubs of the Airflow classes that the tasks' code uses.

Based on apache/airflow: airflow/sensors/base.py (a fork, pmibex/apache-airflow at 556b997), airflow/exceptions.py at
026758d, task-sdk/src/airflow/sdk/bases/sensor.py at 028148b and task-sdk/src/airflow/sdk/exceptions.py at 01585a1.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any


class PokeReturnValue:
    """The result of a sensor's callable: whether it is done, and its XCom."""

    def __init__(self, is_done: bool, xcom_value: Any = None):
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return self.is_done


class AirflowFailException(Exception):
    """The task fails and is not retried."""


class AirflowSkipException(Exception):
    """The task is skipped."""


class AirflowRescheduleException(Exception):
    """The sensor is called again at the given instant."""

    def __init__(self, reschedule_date: datetime):
        super().__init__()
        self.reschedule_date = reschedule_date


EXCEPTIONS = (AirflowFailException, AirflowSkipException, AirflowRescheduleException)
