"""Has the attribution service push metrics to AdSuite, and tells how a push ended. Knows nothing of Airflow."""

from __future__ import annotations

import logging

from attribution_graphql import ServiceError, ask

log = logging.getLogger(__name__)

SUBMIT = "mutation ($input: PushMetricsInput!) { pushMetrics(input: $input) { id state } }"
RESULT = """query ($id: ID!) {
  pushRun(id: $id) {
    state build refusal reason
    findings { guard message iterationId }
    counts { planned accepted stale rejected unknown pending }
    progress { settled rowsPerSecond secondsLeft lastFailure }
    rows(states: [REJECTED, UNKNOWN], first: 20) { nodes { iterationId state code message } }
  }
}"""
# The service plans and records the whole push before it answers the mutation. To hang up earlier would be to ask again
# for what it is doing already.
PLANNING_SECONDS = 600
ANSWER_SECONDS = 30
# Errors that asking the same again never mends, and what does.
HOPELESS = {
    "PUSH_NOT_CONFIGURED": "Give the service ADSUITE_URL and its token, or set the Variable attribution_push to off.",
    "IDEMPOTENCY_KEY_REUSED": "Somebody pushed under the key of this run. Clear the whole run, or wait for the next.",
}


class PushFailed(Exception):
    """The push ended otherwise than it should, or can't begin; the same again would end the same."""


def submit_push(service_url: str, api_key: str, idempotency_key: str, requested_by: str) -> str:
    """Asks for a push of everything that AdSuite knows otherwise, and gives its id, in whatever state it is.

    The same key is the same push, however often it is asked for; both texts have 1 to 200 characters. Raises NotNow,
    also while another push is under way, ServiceError, or PushFailed.
    """
    given = {"idempotencyKey": idempotency_key, "requestedBy": requested_by, "waitSeconds": 0}
    try:
        run = ask(service_url, api_key, SUBMIT, {"input": given}, PLANNING_SECONDS).get("pushMetrics")
    except ServiceError as error:
        for code in sorted(error.codes & HOPELESS.keys()):
            raise PushFailed(f"{error} {HOPELESS[code]}") from None
        raise
    if not isinstance(run, dict) or not isinstance(run.get("id"), str):
        raise ServiceError(f"The answer has no push, but {run!r}.")
    log.info("Push %s is %s; its key is %r.", run["id"], run.get("state"), idempotency_key)
    return run["id"]


def push_succeeded(service_url: str, api_key: str, run_id: str) -> bool:
    """Whether a push has ended, and AdSuite has every row, or a newer one; False while it goes on, with its progress
    in the log. Raises NotNow, ServiceError, or PushFailed for every other end, with its rows or findings in the log."""
    run = ask(service_url, api_key, RESULT, {"id": run_id}, ANSWER_SECONDS).get("pushRun")
    if run is None:
        raise ServiceError(
            f"The service knows no push {run_id}: its ledger is another than when the push was recorded."
        )
    try:
        if run["state"] == "RUNNING":
            log.info("Push %s goes on: %s", run_id, _progress(run))
            return False
        if run["state"] == "SUCCEEDED":
            log.info("Push %s of build %s succeeded: %s.", run_id, run["build"], _counts(run))
            if run["reason"]:
                log.warning("%s", run["reason"])
            return True
        raise _refused(run_id, run) if run["state"] == "REFUSED" else _incomplete(run_id, run)
    except (KeyError, TypeError) as error:
        raise ServiceError(f"The answer about push {run_id} lacks something ({error!r}): {run!r}") from None


def _refused(run_id: str, run: dict) -> PushFailed:
    for finding in run["findings"]:
        of_iteration = f" (iteration {finding['iterationId']})" if finding["iterationId"] else ""
        log.error("%s%s: %s", finding["guard"], of_iteration, finding["message"])
    return PushFailed(
        f"Push {run_id} of build {run['build']} was refused, and nothing was sent. {run['refusal']} In GraphiQL: "
        'mutation { pushMetrics(input: {override: {reason: "…"}}) { id state refusal } }. Where the cause was mended '
        "instead, clear the whole run, or wait for the next: this one asks for the same push again."
    )


def _incomplete(run_id: str, run: dict) -> PushFailed:
    for row in run["rows"]["nodes"]:
        log.error(
            "Iteration %s is %s: %s %s", row["iterationId"], row["state"], row["code"] or "", row["message"] or ""
        )
    counts = run["counts"]
    # A retry leaves stale rows out: AdSuite has something newer.
    is_any_left = counts["rejected"] + counts["unknown"] + counts["pending"] > 0
    reason = f" {run['reason']}" if run["reason"] else ""
    retry = f'mutation {{ retryPush(runId: "{run_id}") {{ id state }} }}'
    again = f" What AdSuite has not accepted, and nothing else, is sent again by: {retry}." if is_any_left else ""
    if any(row["code"] == "VERSION_CONFLICT" for row in run["rows"]["nodes"]):
        again += " Not so VERSION_CONFLICT: AdSuite has other values of the same build, and the next build mends it."
    return PushFailed(
        f"Push {run_id} of build {run['build']} ended {run['state']}: {_counts(run)}.{reason}{again} The next run sends "
        "whatever AdSuite then knows otherwise."
    )


def _counts(run: dict) -> str:
    counts = run["counts"]
    states = ("accepted", "stale", "rejected", "unknown", "pending")
    return f"of {counts['planned']} rows " + ", ".join(f"{counts[state]} {state}" for state in states)


def _progress(run: dict) -> str:
    progress = run["progress"]
    parts = [f"{progress['settled']} of {run['counts']['planned']} rows settled"]
    if progress["rowsPerSecond"] is not None:
        parts.append(f"{progress['rowsPerSecond']:.0f} a second")
    if progress["secondsLeft"] is not None:
        parts.append(f"about {progress['secondsLeft']} s left")
    if progress["lastFailure"]:
        parts.append(f"the last request that failed: {progress['lastFailure']}")
    return ", ".join(parts)
