"""A service on loopback that gives prepared answers."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NamedTuple

sys.path.append(str(Path(__file__).resolve().parents[2] / "warehouse" / "airflow" / "dags"))


class Reply(NamedTuple):
    """An answer; cut is how many bytes more than the body it promises."""

    code: int = 200
    body: bytes = b""
    headers: dict = {}
    cut: int = 0


def data(**fields: object) -> Reply:
    return Reply(body=json.dumps({"data": fields}).encode())


def error(code: str, message: str, status: int = 200, **headers: str) -> Reply:
    """A GraphQL error, as the service gives it; a header's name has _ for -."""
    errors = [{"message": message, "extensions": {"code": code}}]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps({"data": None, "errors": errors}).encode(), named)


@contextmanager
def service(*replies: Reply) -> Iterator[tuple[str, list[tuple[str, str, dict, bytes]]]]:
    """Its address and the requests that came. One answer after the other, the last again and again."""
    requests: list[tuple[str, str, dict, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            reply = replies[min(len(requests), len(replies) - 1)]
            requests.append((self.command, self.path, dict(self.headers), content))
            self.send_response(reply.code)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + reply.cut))
            self.end_headers()
            self.wfile.write(reply.body)

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
