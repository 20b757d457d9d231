"""Starts a push of metrics to AdSuite through the attribution service, and reports its result. Independent of Airflow."""

from __future__ import annotations

import logging

from attribution_graphql import ServiceError, ask

log = logging.getLogger(__name__)

SUBMIT = "mutation StartPush($input: PushMetricsInput!) { pushMetrics(input: $input) { id state } }"
RESULT = """query PushResult($id: ID!) {
  pushRun(id: $id) {
    state build refusal reason
    findings { guard message iterationId }
    counts { planned accepted stale gone rejected unknown pending }
    progress { settled rowsPerSecond secondsLeft lastFailure }
    rows(states: [REJECTED, UNKNOWN], first: 20) { nodes { iterationId state code message } }
  }
}"""
# The service plans and records the whole push before it responds to the mutation. A shorter timeout would repeat a
# request that is still being executed.
PLANNING_SECONDS = 600
RESPONSE_SECONDS = 30
# Permanent errors, with their remedies.
REMEDIES = {
    "PUSH_NOT_CONFIGURED": "Set ADSUITE_URL and its token for the service, or set the Variable attribution_push to off.",
    "IDEMPOTENCY_KEY_REUSED": "Another push has used the key of this run. Clear the whole run, or wait for the next.",
}


class PushFailed(Exception):
    """The push failed or can't start, and a retry would have the same result."""


def submit_push(service_url: str, api_key: str, idempotency_key: str, requested_by: str) -> str:
    """Starts a push of all metrics that differ in AdSuite, and returns its id, whatever its state.

    Requests with the same key are the same push. Both texts have 1 to 200 characters. Raises ServiceUnavailable (also
    while another push is running), ServiceError or PushFailed.
    """
    given = {"idempotencyKey": idempotency_key, "requestedBy": requested_by, "waitSeconds": 0}
    try:
        run = ask(service_url, api_key, SUBMIT, {"input": given}, PLANNING_SECONDS).get("pushMetrics")
    except ServiceError as error:
        for code in sorted(error.codes & REMEDIES.keys()):
            raise PushFailed(f"{error} {REMEDIES[code]}") from None
        raise
    if not isinstance(run, dict) or not isinstance(run.get("id"), str):
        raise ServiceError(f"The response has no push, but {run!r}.")
    log.info("Push %s is %s; its key is %r.", run["id"], run.get("state"), idempotency_key)
    return run["id"]


def push_succeeded(service_url: str, api_key: str, run_id: str) -> bool:
    """Whether a push has ended and nothing is left to send; False while it is running.

    Logs progress, and the rows or findings of a failure. Raises ServiceUnavailable, ServiceError or PushFailed.
    """
    run = ask(service_url, api_key, RESULT, {"id": run_id}, RESPONSE_SECONDS).get("pushRun")
    if run is None:
        raise ServiceError(
            f"The service does not know push {run_id}: its ledger was replaced after the push was recorded."
        )
    try:
        if run["state"] == "RUNNING":
            log.info("Push %s is running: %s", run_id, _progress(run))
            return False
        if run["state"] == "SUCCEEDED":
            log.info("Push %s of build %s succeeded: %s.", run_id, run["build"], _counts(run))
            if run["reason"]:
                log.warning("%s", run["reason"])
            return True
        raise _refused(run_id, run) if run["state"] == "REFUSED" else _incomplete(run_id, run)
    except (KeyError, TypeError) as error:
        raise ServiceError(f"The response about push {run_id} is incomplete ({error!r}): {run!r}") from None


def _refused(run_id: str, run: dict) -> PushFailed:
    for finding in run["findings"]:
        of_iteration = f" (iteration {finding['iterationId']})" if finding["iterationId"] else ""
        log.error("%s%s: %s", finding["guard"], of_iteration, finding["message"])
    return PushFailed(
        f"Push {run_id} of build {run['build']} was refused, and nothing was sent. {run['refusal']} In GraphiQL: "
        'mutation { pushMetrics(input: {override: {reason: "…"}}) { id state refusal } }. If you corrected the '
        "cause instead, clear the whole run or wait for the next one: clearing this task only returns the same push."
    )


def _incomplete(run_id: str, run: dict) -> PushFailed:
    for row in run["rows"]["nodes"]:
        log.error(
            "Iteration %s is %s: %s %s", row["iterationId"], row["state"], row["code"] or "", row["message"] or ""
        )
    counts = run["counts"]
    # A retry skips stale rows (AdSuite has newer ones) and gone ones (AdSuite does not know the iteration).
    is_any_left = counts["rejected"] + counts["unknown"] + counts["pending"] > 0
    reason = f" {run['reason']}" if run["reason"] else ""
    retry = f'mutation {{ retryPush(runId: "{run_id}") {{ id state }} }}'
    again = f" To send only the rows that AdSuite has not accepted again: {retry}." if is_any_left else ""
    if any(row["code"] == "VERSION_CONFLICT" for row in run["rows"]["nodes"]):
        again += (
            " Rows with VERSION_CONFLICT will fail again: AdSuite has other values of the same build. The next build "
            "resolves it."
        )
    return PushFailed(
        f"Push {run_id} of build {run['build']} ended {run['state']}: {_counts(run)}.{reason}{again} The next run sends "
        "all metrics that still differ in AdSuite."
    )


def _counts(run: dict) -> str:
    counts = run["counts"]
    states = ("accepted", "stale", "gone", "rejected", "unknown", "pending")
    return f"of {counts['planned']} rows " + ", ".join(f"{counts[state]} {state}" for state in states)


def _progress(run: dict) -> str:
    progress = run["progress"]
    parts = [f"{progress['settled']} of {run['counts']['planned']} rows settled"]
    if progress["rowsPerSecond"] is not None:
        parts.append(f"{progress['rowsPerSecond']:.0f} a second")
    if progress["secondsLeft"] is not None:
        parts.append(f"about {progress['secondsLeft']} s left")
    if progress["lastFailure"]:
        parts.append(f"last failed request: {progress['lastFailure']}")
    return ", ".join(parts)
