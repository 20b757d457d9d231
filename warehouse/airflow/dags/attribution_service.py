"""Queries which build the attribution service serves. Independent of Airflow."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta, timezone

from attribution_graphql import ServiceError, ServiceUnavailable, ask

log = logging.getLogger(__name__)

QUERY = "{ dataStatus { build asOf builtAt mirrorRefreshedAt isStale staleReasons } }"
RESPONSE_SECONDS = 30


def build_served_since(service_url: str, api_key: str, refreshed_since: str) -> str | None:
    """The build that the service serves, if it started and its mirror was refreshed at or after an instant.

    service_url is the service's address without a path; api_key may be empty; refreshed_since is an instant with an
    offset. None, with the reason in the log, if the service is unavailable or serves an older build. A build with stale
    sources is returned, with a warning in the log. Raises ServiceError.
    """
    try:
        status = ask(service_url, api_key, QUERY, {}, RESPONSE_SECONDS).get("dataStatus")
    except ServiceUnavailable as error:
        log.warning("%s Retrying.", error)
        return None
    if not isinstance(status, dict):
        raise ServiceError(f"The response has no dataStatus, but {status!r}.")
    return status["build"] if is_newer(status, refreshed_since) else None


def is_newer(status: dict, refreshed_since: str) -> bool:
    """Whether a dataStatus's build started and its mirror was refreshed at or after an instant; logs why not."""
    build = status.get("build")
    if build is None:
        log.info("The service has no build yet.")
        return False
    for field, meaning in (("mirrorRefreshedAt", "its mirror was refreshed"), ("asOf", "it started")):
        value = status.get(field)
        if value is None or parse_instant(value) < parse_instant(refreshed_since):
            log.info(
                "The service still serves build %s: %s at %s, not after %s.", build, meaning, value, refreshed_since
            )
            return False
    log.info("The service serves build %s, finished at %s.", build, status.get("builtAt"))
    if status.get("isStale"):
        log.warning("The service reports stale data: %s", " ".join(status.get("staleReasons") or ["no reason given"]))
    return True


def parse_instant(text: str) -> datetime:
    """An instant of the service (RFC 3339, ends in Z) or of the warehouse (a blank instead of T, ends in +00)."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00(?::?00)?)", text)
    if not match:
        raise ServiceError(f"{text!r} is not an instant in UTC.")
    day, time, fraction = match.groups()
    seconds = datetime.strptime(f"{day} {time}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    return seconds + timedelta(microseconds=int((fraction or "").ljust(6, "0")))
