"""Asks the attribution service by GraphQL which build it serves. Knows nothing of Airflow."""

from __future__ import annotations

import http.client
import json
import logging
import re
import ssl
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

log = logging.getLogger(__name__)

QUERY = "{ dataStatus { build asOf builtAt mirrorRefreshedAt isStale staleReasons } }"
ANSWER_SECONDS = 30
ANSWER_BYTES = 1_000_000


class ServiceError(Exception):
    """The service answered what no waiting mends: the message says what."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Following one would turn the POST into a GET and hand the key to another host."""

    def redirect_request(self, *_):
        return None


def serves_build_since(service_url: str, api_key: str, refreshed_since: str) -> bool:
    """Tells whether the service serves a build that began, on a mirror that was refreshed, after an instant.

    service_url is the service's address without a path; api_key may be empty; refreshed_since is an instant with an
    offset from UTC. False, with the reason in the log, where the service does not answer yet or serves an older build;
    a build whose sources are stale is served, and warned of. Raises ServiceError.
    """
    status = fetch_status(service_url, api_key)
    return status is not None and is_newer(status, refreshed_since)


def fetch_status(service_url: str, api_key: str) -> dict | None:
    """The service's dataStatus, or None where it does not answer for now. Raises ServiceError."""
    if not re.match(r"https?://[^/]", service_url):
        raise ServiceError(f"The service's address must be like https://attribution.example, not {service_url!r}.")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    url = f"{service_url.rstrip('/')}/graphql"
    request = urllib.request.Request(url, json.dumps({"query": QUERY}).encode(), headers, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=ANSWER_SECONDS) as response:
            body = response.read(ANSWER_BYTES + 1)
            if response.length and len(body) <= ANSWER_BYTES:
                raise http.client.IncompleteRead(body, response.length)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 429 or error.code >= 500:
                log.warning("%s answers HTTP %s; asking again.", url, error.code)
                return None
            raise ServiceError(f"{url} answers HTTP {error.code}: {_excerpt(error.read(ANSWER_BYTES))}") from None
    except (OSError, http.client.HTTPException) as error:
        if isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError):
            raise ServiceError(f"The certificate of {url} can't be verified: {error}") from None
        log.warning("%s does not answer (%s); asking again.", url, error)
        return None
    return parse_answer(body)


def parse_answer(body: bytes) -> dict:
    """The dataStatus in the body of an answer with HTTP 200. Raises ServiceError where it is anything else."""
    if len(body) > ANSWER_BYTES:
        raise ServiceError(f"The answer is longer than {ANSWER_BYTES} bytes.")
    try:
        answer = json.loads(body)
    except ValueError:
        raise ServiceError(f"The answer is not JSON: {_excerpt(body)}") from None
    if not isinstance(answer, dict):
        raise ServiceError(f"The answer is not GraphQL's: {_excerpt(body)}")
    # A GraphQL operation can fail with HTTP 200.
    if answer.get("errors"):
        raise ServiceError(f"The service answers with errors: {_excerpt(json.dumps(answer['errors']).encode())}")
    data = answer.get("data")
    status = data.get("dataStatus") if isinstance(data, dict) else None
    if not isinstance(status, dict):
        raise ServiceError(f"The answer has no dataStatus: {_excerpt(body)}")
    return status


def is_newer(status: dict, refreshed_since: str) -> bool:
    """Whether the build of a dataStatus began, and its mirror was refreshed, at or after an instant; logs why not."""
    build = status.get("build")
    if build is None:
        log.info("The service has no build yet.")
        return False
    for field, meaning in (("mirrorRefreshedAt", "its mirror was refreshed"), ("asOf", "it began")):
        value = status.get(field)
        if value is None or parse_instant(value) < parse_instant(refreshed_since):
            log.info(
                "The service serves build %s still: %s at %s, not after %s.", build, meaning, value, refreshed_since
            )
            return False
    log.info("The service serves build %s, finished at %s.", build, status.get("builtAt"))
    if status.get("isStale"):
        log.warning("It calls its data stale: %s", " ".join(status.get("staleReasons") or ["no reason given"]))
    return True


def parse_instant(text: str) -> datetime:
    """An instant of the service (RFC 3339, ends in Z) or of the warehouse (a blank instead of T, ends in +00)."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00(?::?00)?)", text)
    if not match:
        raise ServiceError(f"{text!r} is not an instant in UTC.")
    day, time, fraction = match.groups()
    seconds = datetime.strptime(f"{day} {time}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    return seconds + timedelta(microseconds=int((fraction or "").ljust(6, "0")))


def _excerpt(body: bytes) -> str:
    text = " ".join(body.decode("utf-8", "replace").split())
    return text if len(text) <= 300 else f"{text[:300]} ..."
