"""Sends GraphQL operations to the attribution service, and separates transient from permanent errors."""

from __future__ import annotations

import email.utils
import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from datetime import datetime, timezone

RESPONSE_BYTES = 1_000_000
# Transient and permanent error codes of the service, regardless of the HTTP status.
TRANSIENT = {"AUTHENTICATION_UNAVAILABLE", "BUILD_REPLACED", "BUILD_UNDER_WAY", "DEADLINE_EXCEEDED", "LEDGER_UNAVAILABLE", "PUSH_INTERRUPTED", "PUSH_IN_PROGRESS", "RATE_LIMITED", "SERVICE_OVERLOADED", "SERVICE_STOPPING", "WAREHOUSE_UNAVAILABLE"}
PERMANENT = {"PUSH_NOT_CONFIGURED"}


class ServiceError(Exception):
    """A permanent error. `codes` has the codes of GraphQL errors."""

    def __init__(self, message: str, codes: frozenset[str] = frozenset()):
        super().__init__(message)
        self.codes = codes


class ServiceUnavailable(Exception):
    """A transient error. Retry after `retry_after` seconds; 0 if the service sent no Retry-After."""

    def __init__(self, reason: str, retry_after: float = 0):
        super().__init__(reason)
        self.retry_after = retry_after


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the POST into a GET and send the key to another host."""

    def redirect_request(self, *_):
        return None


def ask(service_url: str, api_key: str, query: str, variables: dict, seconds: float) -> dict:
    """Executes an operation and returns its data.

    service_url is the service's address without a path; api_key may be empty; seconds is the socket timeout.
    Raises ServiceError or ServiceUnavailable. After ServiceUnavailable a mutation may have been executed.
    """
    if not re.match(r"https?://[^/]", service_url):
        raise ServiceError(f"The service's address must look like https://attribution.example, not {service_url!r}.")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    url = f"{service_url.rstrip('/')}/graphql"
    content = json.dumps({"query": query, "variables": variables}).encode()
    try:
        code, given, body = _exchange(urllib.request.Request(url, content, headers, method="POST"), seconds)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError):
            raise ServiceError(f"The certificate of {url} can't be verified: {error}") from None
        raise ServiceUnavailable(f"{url} does not respond ({error}).") from None
    retry_after = retry_after_seconds(given.get("Retry-After"), datetime.now(timezone.utc))
    if code == 200:
        return parse_answer(body, retry_after)
    errors = _errors_in(body)
    message = f"{url} responded with HTTP {code}: {_error_texts(errors) or _excerpt(body)}"
    raise _failure(message, _codes(errors), code == 429 or code >= 500, retry_after)


def parse_answer(body: bytes, retry_after: float = 0) -> dict:
    """Returns the data of a response with HTTP 200. Raises ServiceError or ServiceUnavailable if it has errors."""
    if len(body) > RESPONSE_BYTES:
        raise ServiceError(f"The response is longer than {RESPONSE_BYTES} bytes.")
    try:
        answer = json.loads(body)
    except ValueError:
        raise ServiceError(f"The response is not JSON: {_excerpt(body)}") from None
    # A GraphQL operation can fail with HTTP 200.
    if isinstance(answer, dict) and answer.get("errors"):
        errors = _errors_in(body)
        message = f"The service returned errors: {_error_texts(errors) or _excerpt(body)}"
        raise _failure(message, _codes(errors), False, retry_after)
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict):
        raise ServiceError(f"The response is not a GraphQL response: {_excerpt(body)}")
    return answer["data"]


def retry_after_seconds(header: str | None, now: datetime) -> float:
    """Parses a Retry-After header (seconds or an HTTP date) to seconds; 0 if it is missing or invalid."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]+", text):
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (IndexError, OverflowError, TypeError, ValueError):
        return 0
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - now).total_seconds())


def _exchange(request: urllib.request.Request, seconds: float) -> tuple[int, http.client.HTTPMessage, bytes]:
    try:
        response = urllib.request.build_opener(_NoRedirects).open(request, timeout=seconds)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        body = response.read(RESPONSE_BYTES + 1)
        if response.length and len(body) <= RESPONSE_BYTES:
            raise http.client.IncompleteRead(body, response.length)
        return response.code, response.headers, body


def _failure(message: str, codes: frozenset[str], is_busy: bool, retry_after: float) -> Exception:
    is_transient = bool(codes) and codes <= TRANSIENT
    if is_transient or (is_busy and not codes & PERMANENT):
        return ServiceUnavailable(message, retry_after)
    return ServiceError(message, codes)


def _errors_in(body: bytes) -> list[dict]:
    """The errors of a GraphQL response; empty for any other body."""
    try:
        answer = json.loads(body)
    except ValueError:
        return []
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _code(error: dict) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code") or "") if isinstance(extensions, dict) else ""


def _codes(errors: list[dict]) -> frozenset[str]:
    return frozenset(_code(error) for error in errors)


def _error_texts(errors: list[dict]) -> str:
    texts = (f"{_code(error) or 'no code'}: {error.get('message')}" for error in errors)
    return _excerpt(" ".join(texts).encode(), 2_000)


def _excerpt(body: bytes, length: int = 300) -> str:
    text = " ".join(body.decode("utf-8", "replace").split())
    return text if len(text) <= length else f"{text[:length]} ..."
