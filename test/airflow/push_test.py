"""A push through the service: its request and the report of each result, against a real HTTP server."""

from __future__ import annotations

import json
import logging
import unittest
from unittest import mock

from support import Reply, data, error, service
import attribution_push
from attribution_graphql import ServiceError, ServiceUnavailable
from attribution_push import PushFailed, push_succeeded, submit_push

COUNTS = {"planned": 100, "accepted": 90, "stale": 1, "gone": 0, "rejected": 6, "unknown": 3, "pending": 0}
RUN = {
    "state": "SUCCEEDED",
    "build": "b2",
    "refusal": None,
    "reason": None,
    "findings": [],
    "counts": COUNTS,
    "progress": {"settled": 40, "rowsPerSecond": 12.5, "secondsLeft": 5, "lastFailure": None},
    "rows": {"nodes": []},
}
REFUSAL = (
    'An iteration shrank. To send it anyway, give a reason: override: {reason: "…"}. The reason is kept with the run.'
)


def submitted(url: str) -> str:
    return submit_push(url, "", "run 1 build b2", "Airflow, run 1")


class Submitting(unittest.TestCase):
    def test_the_mutation(self):
        with service(data(pushMetrics={"id": "p1", "state": "RUNNING"})) as (url, requests):
            with self.assertLogs(attribution_push.log, "INFO") as logs:
                self.assertEqual(submitted(url), "p1")
        given = {"idempotencyKey": "run 1 build b2", "requestedBy": "Airflow, run 1", "waitSeconds": 0}
        self.assertEqual(json.loads(requests[0][3]), {"query": attribution_push.SUBMIT, "variables": {"input": given}})
        self.assertIn("Push p1 is RUNNING", logs.output[0])

    def test_a_push_has_ten_minutes_to_be_planned_and_a_question_half_a_minute(self):
        with mock.patch.object(attribution_push, "ask", side_effect=ServiceUnavailable("asked")) as ask:
            for request in (submitted, lambda url: push_succeeded(url, "", "p1")):
                with self.assertRaises(ServiceUnavailable):
                    request("https://attribution.example")
        self.assertEqual([call.args[-1] for call in ask.call_args_list], [600, 30])

    def test_the_same_request_after_a_lost_response(self):
        whole = data(pushMetrics={"id": "p1", "state": "RUNNING"})
        with service(whole._replace(cut=10), whole) as (url, requests):
            with self.assertRaises(ServiceUnavailable):
                submitted(url)
            submitted(url)
        self.assertEqual(requests[0][3], requests[1][3])

    def test_another_push_is_running(self):
        with service(error("PUSH_IN_PROGRESS", "Push p0 is under way", 409)) as (url, _):
            with self.assertRaisesRegex(ServiceUnavailable, "Push p0 is under way"):
                submitted(url)

    def test_a_service_without_an_adsuite(self):
        with service(error("PUSH_NOT_CONFIGURED", "ADSUITE_URL is not set", 503)) as (url, _):
            with self.assertRaisesRegex(PushFailed, "ADSUITE_URL is not set.*attribution_push to off"):
                submitted(url)

    def test_a_reused_key(self):
        with service(error("IDEMPOTENCY_KEY_REUSED", "used for push p0", 409)) as (url, _):
            with self.assertRaisesRegex(PushFailed, "used for push p0.*Clear the whole run"):
                submitted(url)

    def test_other_errors(self):
        for reply in (
            error("INTERNAL_SERVER_ERROR", "Something broke"),
            error("BAD_USER_INPUT", "input.idempotencyKey: too long", 400),
            Reply(body=b"<html>Sign in</html>"),
            data(pushMetrics=None),
            data(pushMetrics={"state": "RUNNING"}),
        ):
            with service(reply) as (url, _), self.assertRaises(ServiceError):
                submitted(url)


class Ending(unittest.TestCase):
    def ended(self, **changes: object) -> tuple[object, str]:
        """What is made of a run, or the failure, and the log."""
        with service(data(pushRun={**RUN, **changes})) as (url, requests):
            with self.assertLogs(attribution_push.log, logging.INFO) as logs:
                try:
                    result: object = push_succeeded(url, "", "p1")
                except PushFailed as failed:
                    result = failed
                    attribution_push.log.info("that was all")
        self.assertEqual(json.loads(requests[0][3]), {"query": attribution_push.RESULT, "variables": {"id": "p1"}})
        return result, "\n".join(logs.output)

    def test_success(self):
        result, log = self.ended()
        self.assertIs(result, True)
        self.assertIn("Push p1 of build b2 succeeded: of 100 rows 90 accepted, 1 stale", log)

    def test_a_success_with_stale_rows(self):
        _, log = self.ended(reason="AdSuite has newer versions of 1 row.")
        self.assertIn("WARNING", log)
        self.assertIn("AdSuite has newer versions of 1 row.", log)

    def test_a_success_with_rows_that_are_gone(self):
        counts = {**COUNTS, "accepted": 96, "gone": 3, "rejected": 0, "unknown": 0}
        result, log = self.ended(counts=counts, reason="AdSuite does not know 3 iterations.")
        self.assertIs(result, True)
        self.assertIn("succeeded: of 100 rows 96 accepted, 1 stale, 3 gone,", log)
        self.assertIn("AdSuite does not know 3 iterations.", log)

    def test_rows_of_each_unfinished_state_can_be_retried(self):
        for state in ("rejected", "unknown", "pending"):
            counts = {**dict.fromkeys(COUNTS, 0), "planned": 100, "accepted": 40, state: 60}
            for ended in ("PARTIAL", "FAILED", "CANCELLED"):
                result, _ = self.ended(state=ended, counts=counts)
                self.assertIn('mutation { retryPush(runId: "p1") { id state } }', str(result), (state, ended))

    def test_gone_rows_alone_are_nothing_to_retry(self):
        counts = {"planned": 3, "accepted": 0, "stale": 1, "gone": 2, "rejected": 0, "unknown": 0, "pending": 0}
        result, _ = self.ended(state="FAILED", counts=counts)
        self.assertNotIn("retryPush", str(result))

    def test_a_push_without_rows_to_retry(self):
        counts = {"planned": 100, "accepted": 0, "stale": 100, "gone": 0, "rejected": 0, "unknown": 0, "pending": 0}
        result, _ = self.ended(state="FAILED", counts=counts, reason="AdSuite has newer versions of 100 rows.")
        self.assertIsInstance(result, PushFailed)
        self.assertIn("AdSuite has newer versions of 100 rows. The next run", str(result))
        self.assertNotIn("retryPush", str(result))

    def test_a_running_push(self):
        result, log = self.ended(state="RUNNING")
        self.assertIs(result, False)
        self.assertIn("Push p1 is running: 40 of 100 rows settled, 12 a second, about 5 s left", log)

    def test_a_push_that_has_just_started_and_one_with_failures(self):
        nothing = {"settled": 0, "rowsPerSecond": None, "secondsLeft": None, "lastFailure": None}
        self.assertIn("is running: 0 of 100 rows settled", self.ended(state="RUNNING", progress=nothing)[1])
        zero = {**nothing, "rowsPerSecond": 0, "secondsLeft": 0}
        self.assertIn("rows settled, 0 a second, about 0 s left", self.ended(state="RUNNING", progress=zero)[1])
        trouble = {**nothing, "lastFailure": "AdSuite answers 503."}
        self.assertIn("last failed request: AdSuite answers 503.", self.ended(state="RUNNING", progress=trouble)[1])

    def test_a_refusal_reports_its_findings_and_the_override(self):
        findings = [
            {"guard": "ITERATION_SHRANK", "message": "An iteration shrank.", "iterationId": "17"},
            {"guard": "TOTAL_JUMPED", "message": "All jumped.", "iterationId": None},
        ]
        result, log = self.ended(state="REFUSED", refusal=REFUSAL, findings=findings)
        self.assertIsInstance(result, PushFailed)
        self.assertIn("ITERATION_SHRANK (iteration 17): An iteration shrank.", log)
        self.assertIn("TOTAL_JUMPED: All jumped.", log)
        self.assertIn(f"was refused, and nothing was sent. {REFUSAL} In GraphiQL: mutation", str(result))
        self.assertIn("If you corrected the cause instead, clear the whole run or wait for the next one", str(result))

    def test_a_partial_push_reports_its_rows_and_the_retry(self):
        rows = [
            {"iterationId": "17", "state": "REJECTED", "code": "UNKNOWN_ITERATION", "message": "There is none."},
            {"iterationId": "18", "state": "UNKNOWN", "code": None, "message": "No answer came."},
        ]
        result, log = self.ended(state="PARTIAL", rows={"nodes": rows})
        self.assertIsInstance(result, PushFailed)
        self.assertIn("Iteration 17 is REJECTED: UNKNOWN_ITERATION There is none.", log)
        self.assertIn("Iteration 18 is UNKNOWN:  No answer came.", log)
        self.assertIn("90 accepted, 1 stale, 0 gone, 6 rejected, 3 unknown, 0 pending.", str(result))
        self.assertIn('mutation { retryPush(runId: "p1") { id state } }', str(result))

    def test_a_version_conflict_is_not_retried(self):
        conflict = {"iterationId": "17", "state": "REJECTED", "code": "VERSION_CONFLICT", "message": "Other values."}
        other = {"iterationId": "18", "state": "REJECTED", "code": "UNKNOWN_ITERATION", "message": "There is none."}
        for rows, is_named in (([conflict], True), ([other, conflict], True), ([other], False), ([], False)):
            result, _ = self.ended(state="FAILED", rows={"nodes": rows})
            self.assertEqual("Rows with VERSION_CONFLICT will fail again" in str(result), is_named, rows)

    def test_pushes_that_failed_or_were_cancelled(self):
        for state in ("FAILED", "CANCELLED"):
            result, _ = self.ended(state=state, reason="AdSuite refuses the token.")
            self.assertIsInstance(result, PushFailed)
            self.assertIn(f"ended {state}: of 100 rows", str(result))
            self.assertIn("AdSuite refuses the token.", str(result))

    def test_an_unknown_push(self):
        with service(data(pushRun=None)) as (url, _), self.assertRaisesRegex(ServiceError, "does not know push p1"):
            push_succeeded(url, "", "p1")

    def test_an_incomplete_response(self):
        for run in (1, {}, {**RUN, "counts": None}, {"state": "REFUSED"}, {"state": "PARTIAL", "rows": {}}):
            with service(data(pushRun=run)) as (url, _), self.assertRaisesRegex(ServiceError, "is incomplete"):
                push_succeeded(url, "", "p1")


if __name__ == "__main__":
    unittest.main()
