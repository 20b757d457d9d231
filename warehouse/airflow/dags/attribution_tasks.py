"""The callables of the sensors in attribution.py: call the service, and convert results and errors to Airflow's."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import Callable

from attribution_airflow import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    PokeReturnValue,
)
from attribution_graphql import ServiceError, ServiceUnavailable
from attribution_push import PushFailed, push_succeeded, submit_push
from attribution_service import build_served_since

log = logging.getLogger(__name__)

# Interval of polls. Airflow advises against less for a rescheduled sensor.
POKE_SECONDS = 60
MAX_RETRY_AFTER_SECONDS = 3600


def announce(service_url: str, api_key: str, refreshed_since: str) -> PokeReturnValue:
    """Succeeds when the service serves the build of this run; returns the build's id. See build_served_since."""
    build = build_served_since(service_url, api_key, refreshed_since)
    return PokeReturnValue(build is not None, build)


def push_metrics(push: str, service_url: str, api_key: str, idempotency_key: str, requested_by: str) -> PokeReturnValue:
    """Succeeds when a push is recorded; returns its id. push is on or off; off skips the task. See submit_push."""
    if push == "off":
        raise AirflowSkipException("The Variable attribution_push is off.")
    if push != "on":
        raise AirflowFailException(f"The Variable attribution_push is {push!r}; it must be on or off.")
    return _poke(lambda: submit_push(service_url, api_key, idempotency_key, requested_by))


def push_result(service_url: str, api_key: str, run_id: str) -> PokeReturnValue:
    """Succeeds when a push has succeeded; fails without retries if it has failed. See push_succeeded."""
    return _poke(lambda: push_succeeded(service_url, api_key, run_id))


def _poke(ask: Callable[[], object]) -> PokeReturnValue:
    try:
        result = ask()
    except ServiceUnavailable as error:
        log.warning("%s Retrying.", error)
        if error.retry_after > MAX_RETRY_AFTER_SECONDS:
            raise ServiceError(
                f"The service's Retry-After ({error.retry_after:.0f} s) is longer than this task waits: {error}"
            ) from None
        if error.retry_after > POKE_SECONDS:
            raise AirflowRescheduleException(
                datetime.now(timezone.utc) + timedelta(seconds=error.retry_after)
            ) from None
        return PokeReturnValue(False)
    except PushFailed as error:
        # A retry would have the same result.
        raise AirflowFailException(str(error)) from None
    return PokeReturnValue(bool(result), result)
