"""The announcement: which build is new, and the report of other responses, against a real HTTP server."""

from __future__ import annotations

import unittest

from support import Reply, data, service
import attribution_service
from attribution_service import ServiceError, build_served_since, is_newer, parse_instant

SINCE = "2026-01-02 03:04:05.000006+00"
NEW = {
    "build": "b2",
    "asOf": "2026-01-02T03:10:00.000000Z",
    "builtAt": "2026-01-02T03:11:00.000000Z",
    "mirrorRefreshedAt": "2026-01-02T03:04:05.000006Z",
    "isStale": False,
    "staleReasons": [],
}
NONE = {**dict.fromkeys(NEW), "isStale": True, "staleReasons": ["The attribution has not been built yet."]}


class WhichBuild(unittest.TestCase):
    def test_the_build_of_this_run(self):
        self.assertTrue(is_newer(NEW, SINCE))

    def test_no_build(self):
        with self.assertLogs(attribution_service.log, "INFO") as logs:
            self.assertFalse(is_newer(NONE, SINCE))
        self.assertIn("no build yet", logs.output[0])

    def test_a_build_that_started_before(self):
        with self.assertLogs(attribution_service.log, "INFO") as logs:
            self.assertFalse(is_newer({**NEW, "asOf": "2026-01-02T03:04:05.000005Z"}, SINCE))
        self.assertIn("still serves build b2: it started at 2026-01-02T03:04:05.000005Z", logs.output[0])

    def test_a_build_on_an_older_mirror_or_one_of_unknown_age(self):
        for refreshed in ("2026-01-02T03:04:05.000005Z", None):
            with self.assertLogs(attribution_service.log, "INFO") as logs:
                self.assertFalse(is_newer({**NEW, "mirrorRefreshedAt": refreshed}, SINCE))
            self.assertIn(f"its mirror was refreshed at {refreshed}", logs.output[0])

    def test_stale_sources_are_logged_and_accepted(self):
        with self.assertLogs(attribution_service.log, "WARNING") as logs:
            self.assertTrue(
                is_newer({**NEW, "isStale": True, "staleReasons": ["The latest event is 2 days old."]}, SINCE)
            )
        self.assertIn("The latest event is 2 days old.", logs.output[0])

    def test_instants(self):
        self.assertEqual(parse_instant("2026-01-02T03:04:05Z"), parse_instant("2026-01-02 03:04:05.000000+00"))
        self.assertEqual(parse_instant("2026-01-02T03:04:05.1Z"), parse_instant("2026-01-02T03:04:05.100000+00:00"))
        self.assertEqual(parse_instant("2026-01-02T03:04:05.000006Z").microsecond, 6)
        for text in ("", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05+01:00", "None"):
            with self.assertRaises(ServiceError):
                parse_instant(text)


class OverHttp(unittest.TestCase):
    def test_the_new_build(self):
        with service(data(dataStatus=NEW)) as (url, _), self.assertLogs(attribution_service.log, "INFO"):
            self.assertEqual(build_served_since(url, "", SINCE), "b2")

    def test_an_old_build_and_none(self):
        for status in ({**NEW, "asOf": "2026-01-02T03:00:00.000000Z"}, NONE):
            with service(data(dataStatus=status)) as (url, _), self.assertLogs(attribution_service.log, "INFO"):
                self.assertIsNone(build_served_since(url, "", SINCE))

    def test_a_service_that_is_down(self):
        with service(Reply(503, b"<html>busy</html>")) as (url, _):
            with self.assertLogs(attribution_service.log, "WARNING") as logs:
                self.assertIsNone(build_served_since(url, "", SINCE))
        self.assertIn("503: <html>busy</html> Retrying.", logs.output[0])

    def test_a_response_without_a_status(self):
        for reply in (data(), data(dataStatus=None), data(dataStatus=1)):
            with service(reply) as (url, _), self.assertRaisesRegex(ServiceError, "no dataStatus"):
                build_served_since(url, "", SINCE)


if __name__ == "__main__":
    unittest.main()
