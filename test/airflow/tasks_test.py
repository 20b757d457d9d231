"""The callables of the DAG's sensors, with rendered arguments, against an HTTP server."""

from __future__ import annotations

import logging
import unittest
from datetime import datetime, timedelta, timezone

from dags import Variables, load_dags, render
from support import Reply, data, error, service
from attribution_airflow import AirflowFailException, AirflowRescheduleException, AirflowSkipException
from push_test import REFUSAL, RUN
from service_test import NEW

DAG = load_dags()["attribution"]
BUSY = error("BUILD_UNDER_WAY", "a build is being made", 503, Retry_After="60")


class Sensors(unittest.TestCase):
    def setUp(self):
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def poke(self, task_id: str, *replies: Reply, **variables: str) -> object:
        """What a task's callable returns, or the exception that it raises."""
        with service(*replies) as (url, requests):
            # The port is part of the host, as an operator may configure it.
            connection = {"host": url, "port": None, "password": None}
            arguments = render(DAG, task_id, Variables(variables), connection)["op_kwargs"]
            try:
                return DAG.get_task(task_id).python_callable(**arguments)
            except Exception as raised:
                return raised
            finally:
                for _, _, headers, _ in requests:
                    self.assertNotIn("Authorization", headers)

    def test_the_connection_has_the_address_and_the_key(self):
        reply = data(pushMetrics={"id": "p1", "state": "RUNNING"}, dataStatus=NEW, pushRun=RUN)
        for task_id in ("announce", "push_metrics", "push_result"):
            with service(reply) as (url, requests):
                host, port = url.rsplit(":", 1)
                connection = {"host": host, "port": int(port), "password": "the key"}
                arguments = render(DAG, task_id, service=connection)["op_kwargs"]
                DAG.get_task(task_id).python_callable(**arguments)
            self.assertEqual([headers["Authorization"] for _, _, headers, _ in requests], ["Bearer the key"])

    def test_the_announcement_returns_the_build(self):
        status = {**NEW, "asOf": "2026-01-02T04:00:00Z", "mirrorRefreshedAt": "2026-01-02T03:30:00Z"}
        result = self.poke("announce", data(dataStatus=status))
        self.assertEqual((result.is_done, result.xcom_value), (True, "b2"))
        result = self.poke("announce", BUSY)
        self.assertFalse(result.is_done)

    def test_a_push_returns_its_id(self):
        result = self.poke("push_metrics", data(pushMetrics={"id": "p1", "state": "REFUSED"}))
        self.assertEqual((result.is_done, result.xcom_value), (True, "p1"))

    def test_another_push_and_a_busy_service_are_waited_for(self):
        for reply in (error("PUSH_IN_PROGRESS", "Push p0 is under way", 409), BUSY, Reply(502, b"<html>")):
            for task_id in ("push_metrics", "push_result"):
                result = self.poke(task_id, reply)
                self.assertFalse(result.is_done)

    def test_a_long_retry_after_is_respected(self):
        before = datetime.now(timezone.utc)
        result = self.poke("push_result", Reply(503, headers={"Retry-After": "600"}))
        self.assertIsInstance(result, AirflowRescheduleException)
        after = datetime.now(timezone.utc)
        self.assertGreaterEqual(result.reschedule_date, before + timedelta(seconds=600))
        self.assertLessEqual(result.reschedule_date, after + timedelta(seconds=600))
        longest = self.poke("push_result", Reply(503, headers={"Retry-After": "3600"}))
        self.assertIsInstance(longest, AirflowRescheduleException)

    def test_an_excessive_retry_after_is_an_error(self):
        for rest in ("3601", "9" * 400):
            result = self.poke("push_metrics", Reply(503, headers={"Retry-After": rest}))
            self.assertIn("is longer than this task waits", str(result))

    def test_the_variable_switches_pushing_off(self):
        result = self.poke("push_metrics", data(), attribution_push="off")
        self.assertIsInstance(result, AirflowSkipException)
        result = self.poke("push_metrics", data(), attribution_push="false")
        self.assertIsInstance(result, AirflowFailException)

    def test_no_retry_of_a_permanent_failure(self):
        refused = data(pushRun={**RUN, "state": "REFUSED", "refusal": REFUSAL})
        for reply in (
            refused,
            *(data(pushRun={**RUN, "state": state}) for state in ("PARTIAL", "FAILED", "CANCELLED")),
        ):
            result = self.poke("push_result", reply)
            self.assertIsInstance(result, AirflowFailException)
        result = self.poke("push_metrics", error("PUSH_NOT_CONFIGURED", "ADSUITE_URL is not set", 409))
        self.assertIsInstance(result, AirflowFailException)

    def test_a_retry_if_an_operator_may_fix_it(self):
        for reply in (Reply(401, b"no"), Reply(body=b"<html>"), error("INTERNAL_SERVER_ERROR", "Something broke")):
            for task_id in ("push_metrics", "push_result"):
                result = self.poke(task_id, reply)
                self.assertEqual(type(result).__name__, "ServiceError")

    def test_the_end_of_a_push(self):
        self.assertTrue(self.poke("push_result", data(pushRun=RUN)).is_done)
        self.assertFalse(self.poke("push_result", data(pushRun={**RUN, "state": "RUNNING"})).is_done)


class Key(unittest.TestCase):
    def key(self, run_id: str, build: str) -> str:
        task = render(DAG, "push_metrics", run_id=run_id, build=build)["op_kwargs"]
        self.assertLessEqual(len(task["requested_by"]), 200)
        return task["idempotency_key"]

    def test_one_push_per_run_and_build(self):
        self.assertEqual(self.key("manual__1", "b1"), self.key("manual__1", "b1"))
        keys = {self.key(run_id, build) for run_id in ("manual__1", "manual__2") for build in ("b1", "b2")}
        self.assertEqual(len(keys), 4)

    def test_names_of_any_length_fit(self):
        # Airflow keeps 250 characters of a run's id, the warehouse 64 of a build's.
        self.assertLessEqual(len(self.key("r" * 250, "b" * 64)), 200)
        self.assertNotEqual(self.key("r" * 250, "b" * 63 + "1"), self.key("r" * 250, "b" * 63 + "2"))


if __name__ == "__main__":
    unittest.main()
