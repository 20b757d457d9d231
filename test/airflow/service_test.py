"""The announcement: what counts as the new build, and how each wrong answer is told, against a real HTTP server."""

from __future__ import annotations

import http.server
import json
import logging
import threading
import unittest
from contextlib import contextmanager
from unittest import mock

import support  # noqa: F401
import attribution_service
from attribution_service import ServiceError, is_newer, parse_answer, parse_instant, serves_build_since

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


def answer(status: object) -> bytes:
    return json.dumps({"data": {"dataStatus": status}}).encode()


@contextmanager
def service(code: int = 200, body: bytes = b"", headers: dict | None = None, cut: int = 0):
    """A server on loopback that always answers the same; cut is how many bytes more than the body it promises."""
    requests: list[tuple[str, str, dict, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append((self.command, self.path, dict(self.headers), content))
            self.send_response(code)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + cut))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class WhichBuild(unittest.TestCase):
    def test_the_build_of_this_run(self):
        self.assertTrue(is_newer(NEW, SINCE))

    def test_no_build(self):
        with self.assertLogs(attribution_service.log, "INFO") as logs:
            self.assertFalse(is_newer(NONE, SINCE))
        self.assertIn("no build yet", logs.output[0])

    def test_a_build_that_began_before(self):
        with self.assertLogs(attribution_service.log, "INFO") as logs:
            self.assertFalse(is_newer({**NEW, "asOf": "2026-01-02T03:04:05.000005Z"}, SINCE))
        self.assertIn("build b2 still: it began at 2026-01-02T03:04:05.000005Z", logs.output[0])

    def test_a_build_on_an_older_mirror_or_one_of_unknown_age(self):
        for refreshed in ("2026-01-02T03:04:05.000005Z", None):
            with self.assertLogs(attribution_service.log, "INFO") as logs:
                self.assertFalse(is_newer({**NEW, "mirrorRefreshedAt": refreshed}, SINCE))
            self.assertIn(f"its mirror was refreshed at {refreshed}", logs.output[0])

    def test_stale_sources_are_told_and_accepted(self):
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


class Answers(unittest.TestCase):
    def test_errors_with_http_200(self):
        body = b'{"data":null,"errors":[{"message":"Something broke","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}'
        with self.assertRaisesRegex(ServiceError, "INTERNAL_SERVER_ERROR"):
            parse_answer(body)
        with self.assertRaisesRegex(ServiceError, "Something broke"):
            parse_answer(answer(NEW)[:-1] + b', "errors": [{"message": "Something broke"}]}')

    def test_what_is_not_graphql(self):
        for body in (
            b"",
            b"<html><body>It works!</body></html>",
            b"[]",
            b"null",
            b'{"data":{}}',
            b'{"data":[1]}',
            b'{"data":{"dataStatus":1}}',
        ):
            with self.assertRaises(ServiceError, msg=body):
                parse_answer(body)

    def test_an_answer_without_end(self):
        with self.assertRaisesRegex(ServiceError, "longer than"):
            parse_answer(b" " * (attribution_service.ANSWER_BYTES + 1))


class OverHttp(unittest.TestCase):
    def setUp(self):
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def test_the_new_build(self):
        with service(body=answer(NEW)) as (url, requests):
            self.assertTrue(serves_build_since(f"{url}/", "secret", SINCE))
        ((method, path, headers, body),) = requests
        self.assertEqual((method, path), ("POST", "/graphql"))
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(headers["Authorization"], "Bearer secret")
        self.assertEqual(json.loads(body), {"query": attribution_service.QUERY})

    def test_no_key_where_there_is_none(self):
        with service(body=answer(NEW)) as (url, requests):
            serves_build_since(url, "", SINCE)
        self.assertNotIn("Authorization", requests[0][2])

    def test_an_old_build_and_none(self):
        for status in ({**NEW, "asOf": "2026-01-02T03:00:00.000000Z"}, NONE):
            with service(body=answer(status)) as (url, _):
                self.assertFalse(serves_build_since(url, "", SINCE))

    def test_a_service_that_is_not_up(self):
        for code in (429, 500, 502, 503):
            with service(code, b"<html>busy</html>") as (url, _):
                self.assertFalse(serves_build_since(url, "", SINCE))
        self.assertFalse(serves_build_since(url, "", SINCE), "nobody listens any more")

    def test_half_an_answer(self):
        with service(body=answer(NEW), cut=10) as (url, _):
            self.assertFalse(serves_build_since(url, "", SINCE))

    def test_a_service_that_never_answers(self):
        server = http.server.socketserver.TCPServer(("127.0.0.1", 0), None)
        self.addCleanup(server.server_close)
        with mock.patch.object(attribution_service, "ANSWER_SECONDS", 0.05):
            self.assertFalse(serves_build_since(f"http://127.0.0.1:{server.server_address[1]}", "", SINCE))

    def test_refusals_are_errors(self):
        for code in (400, 401, 403, 404):
            with service(code, b'{"errors":[{"message":"no"}]}') as (url, _), self.assertRaisesRegex(
                ServiceError, f"{code}.*no"
            ):
                serves_build_since(url, "", SINCE)

    def test_an_html_page_is_an_error(self):
        with service(body=b"<html>Sign in</html>") as (url, _), self.assertRaisesRegex(ServiceError, "Sign in"):
            serves_build_since(url, "", SINCE)

    def test_errors_with_http_200_are_errors(self):
        with service(body=b'{"errors":[{"message":"broken"}]}') as (url, _), self.assertRaisesRegex(
            ServiceError, "broken"
        ):
            serves_build_since(url, "", SINCE)

    def test_a_redirect_is_not_followed(self):
        with service(body=answer(NEW)) as (target, seen):
            for code in (301, 302, 303, 307, 308):
                with service(code, headers={"Location": target}) as (url, _), self.assertRaisesRegex(
                    ServiceError, str(code)
                ):
                    serves_build_since(url, "secret", SINCE)
            self.assertEqual(seen, [])

    def test_an_address_that_is_none(self):
        for url in ("", "None", "attribution.example", "ftp://attribution.example", "https://"):
            with self.assertRaisesRegex(ServiceError, "must be like https"):
                serves_build_since(url, "", SINCE)


if __name__ == "__main__":
    unittest.main()
