"""What the sensors of attribution.py call: asks the service, and puts what comes of it into Airflow's terms."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import Callable

from attribution_graphql import NotNow, ServiceError
from attribution_push import PushFailed, push_succeeded, submit_push
from attribution_service import build_served_since

try:
    from airflow.sdk import PokeReturnValue
except ImportError:  # Airflow 2
    from airflow.sensors.base import PokeReturnValue
try:
    from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException
except ImportError:  # Airflow 2, and the first of 3
    from airflow.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException

log = logging.getLogger(__name__)

# How often a push is looked at. Airflow advises against less where a sensor is rescheduled.
POKE_SECONDS = 60
LONGEST_REST_SECONDS = 3600


def announce(service_url: str, api_key: str, refreshed_since: str) -> PokeReturnValue:
    """Done when the service serves the build of this run; leaves the build's id. See build_served_since."""
    build = build_served_since(service_url, api_key, refreshed_since)
    return PokeReturnValue(build is not None, build)


def push_metrics(push: str, service_url: str, api_key: str, idempotency_key: str, requested_by: str) -> PokeReturnValue:
    """Done when a push is recorded; leaves its id. push is on or off; off skips the task. See submit_push."""
    if push == "off":
        raise AirflowSkipException("The Variable attribution_push is off.")
    if push != "on":
        raise AirflowFailException(f"The Variable attribution_push is {push!r}; it can be on or off.")
    return _poke(lambda: submit_push(service_url, api_key, idempotency_key, requested_by))


def push_result(service_url: str, api_key: str, run_id: str) -> PokeReturnValue:
    """Done when a push has succeeded; fails for good when it has ended otherwise. See push_succeeded."""
    return _poke(lambda: push_succeeded(service_url, api_key, run_id))


def _poke(ask: Callable[[], object]) -> PokeReturnValue:
    try:
        result = ask()
    except NotNow as error:
        log.warning("%s Asking again.", error)
        if error.retry_after > LONGEST_REST_SECONDS:
            raise ServiceError(f"The service wants {error.retry_after:.0f} seconds of rest: {error}") from None
        if error.retry_after > POKE_SECONDS:
            raise AirflowRescheduleException(
                datetime.now(timezone.utc) + timedelta(seconds=error.retry_after)
            ) from None
        return PokeReturnValue(False)
    except PushFailed as error:
        # A retry would find the same.
        raise AirflowFailException(str(error)) from None
    return PokeReturnValue(bool(result), result)
