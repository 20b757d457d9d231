"""One operation over HTTP: responses, transient errors and permanent errors, against a real HTTP server."""

from __future__ import annotations

import json
import socket
import unittest
from datetime import datetime, timezone

from support import Reply, data, error, service
import attribution_graphql
from attribution_graphql import ServiceError, ServiceUnavailable, ask, parse_answer, retry_after_seconds

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def asked(url: str, api_key: str = "", seconds: float = 30) -> dict:
    return ask(url, api_key, "query ($id: ID!) { one(id: $id) }", {"id": "7"}, seconds)


class OverHttp(unittest.TestCase):
    def test_the_request(self):
        with service(data(one=1)) as (url, requests):
            self.assertEqual(asked(f"{url}/", "secret"), {"one": 1})
        ((method, path, headers, body),) = requests
        self.assertEqual((method, path), ("POST", "/graphql"))
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(headers["Authorization"], "Bearer secret")
        self.assertEqual(json.loads(body), {"query": "query ($id: ID!) { one(id: $id) }", "variables": {"id": "7"}})

    def test_no_key(self):
        with service(data(one=1)) as (url, requests):
            asked(url)
        self.assertNotIn("Authorization", requests[0][2])

    def test_a_service_that_is_down(self):
        for code in (429, 500, 502, 503, 504):
            with service(Reply(code, b"<html>busy</html>")) as (url, _), self.assertRaisesRegex(
                ServiceUnavailable, f"{code}.*busy"
            ):
                asked(url)
        with self.assertRaisesRegex(ServiceUnavailable, "does not respond"):
            asked(url)

    def test_a_truncated_response_with_any_status(self):
        for code in (200, 409):
            with service(data(one=1)._replace(code=code, cut=10)) as (url, _), self.assertRaises(ServiceUnavailable):
                asked(url)

    def test_a_service_that_does_not_respond(self):
        with socket.create_server(("127.0.0.1", 0)) as silent, self.assertRaisesRegex(ServiceUnavailable, "timed out"):
            asked(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.05)

    def test_transient_errors_with_any_status(self):
        for code in sorted(attribution_graphql.TRANSIENT):
            for status in (200, 409, 503):
                with service(error(code, "later", status)) as (url, _), self.assertRaisesRegex(
                    ServiceUnavailable, f"{code}: later"
                ):
                    asked(url)

    def test_permanent_errors_with_any_status(self):
        for code in sorted(attribution_graphql.PERMANENT):
            for status in (200, 409, 503):
                with service(error(code, "never", status)) as (url, _), self.assertRaises(ServiceError) as caught:
                    asked(url)
                self.assertEqual(caught.exception.codes, {code})

    def test_retry_after(self):
        with service(error("BUILD_UNDER_WAY", "later", 503, Retry_After="60")) as (url, _):
            with self.assertRaises(ServiceUnavailable) as caught:
                asked(url)
        self.assertEqual(caught.exception.retry_after, 60)

    def test_refusals_are_errors(self):
        for code in (400, 401, 403, 404, 409):
            with service(Reply(code, b'{"errors":[{"message":"no"}]}')) as (url, _):
                with self.assertRaisesRegex(ServiceError, f"{code}.*no"):
                    asked(url)

    def test_an_html_page_is_an_error(self):
        with service(Reply(body=b"<html>Sign in</html>")) as (url, _), self.assertRaisesRegex(ServiceError, "Sign in"):
            asked(url)

    def test_a_redirect_is_not_followed(self):
        with service(data(one=1)) as (target, seen):
            for code in (301, 302, 303, 307, 308):
                with service(Reply(code, headers={"Location": target})) as (url, _):
                    with self.assertRaisesRegex(ServiceError, str(code)):
                        asked(url, "secret")
            self.assertEqual(seen, [])

    def test_an_invalid_address(self):
        for url in ("", "None", "attribution.example", "ftp://attribution.example", "https://"):
            with self.assertRaisesRegex(ServiceError, "must look like https"):
                asked(url)


class Answers(unittest.TestCase):
    def test_errors_with_http_200(self):
        body = b'{"data":null,"errors":[{"message":"Something broke","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}'
        with self.assertRaisesRegex(ServiceError, "INTERNAL_SERVER_ERROR: Something broke"):
            parse_answer(body)
        with self.assertRaisesRegex(ServiceError, "Something broke"):
            parse_answer(b'{"data":{"one":1},"errors":[{"message":"Something broke"}]}')
        # One error that passes does not excuse another that does not.
        passing = json.dumps({"message": "later", "extensions": {"code": "BUILD_UNDER_WAY"}}).encode()
        with self.assertRaisesRegex(ServiceError, "later.*Something broke"):
            parse_answer(b'{"errors":[' + passing + b',{"message":"Something broke"}]}')

    def test_errors_of_unknown_form(self):
        for errors in (b'"no"', b"[1]", b'{"message":"no"}', b'[{"message":"no","extensions":3}]'):
            with self.assertRaisesRegex(ServiceError, "returned errors"):
                parse_answer(b'{"errors":' + errors + b"}")

    def test_a_response_that_is_not_graphql(self):
        for body in (
            b"",
            b"<html><body>It works!</body></html>",
            b"[]",
            b"null",
            b"{}",
            b'{"data":null}',
            b'{"data":[1]}',
        ):
            with self.assertRaises(ServiceError, msg=body):
                parse_answer(body)

    def test_an_endless_response(self):
        with self.assertRaisesRegex(ServiceError, "longer than"):
            parse_answer(b" " * (attribution_graphql.RESPONSE_BYTES + 1))


class Rest(unittest.TestCase):
    def test_seconds_and_dates(self):
        for header, seconds in (
            ("0", 0),
            (" 120 ", 120),
            ("9" * 5_000, float("inf")),
            ("Fri, 02 Jan 2026 03:05:05 GMT", 60),
            ("Fri, 02 Jan 2026 03:05:05 -0000", 60),
            ("Fri, 02 Jan 2026 03:03:05 GMT", 0),
        ):
            self.assertEqual(retry_after_seconds(header, NOW), seconds, header[:40])

    def test_invalid_values(self):
        for header in (None, "", "-5", "1.5", "soon", "Fri, 99 Jan 2026 03:05:05 GMT", "٣"):
            self.assertEqual(retry_after_seconds(header, NOW), 0, header)


if __name__ == "__main__":
    unittest.main()
