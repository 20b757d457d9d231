"""What the Python tests share: the paths, loading the DAG, whole or with a fault planted in it, and a service on loopback."""

from __future__ import annotations

import http.server
import json
import shutil
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "warehouse" / "airflow" / "dags"
for folder in (DAGS, ROOT / "scripts"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from airflow_check.loading import load_dag  # noqa: E402
from airflow_check.rendering import Settings, render  # noqa: E402
from airflow_check.rules import faults_of  # noqa: E402
from airflow_check.shapes import SHAPES, Shape  # noqa: E402


def faults_with(
    shape: Shape, *changes: tuple[str, str], file: str = "attribution.py", is_rendered: bool = True
) -> list[str]:
    """The faults of the DAG after texts of one of its files were replaced; one that can't be found is an error.

    is_rendered: whether its templates are tried too, which raises where one of them can't be rendered.
    """
    with tempfile.TemporaryDirectory() as parent:
        dags = Path(parent, "dags")
        shutil.copytree(DAGS, dags, ignore=shutil.ignore_patterns("__pycache__"))
        path = dags / file
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            if old not in text:
                raise AssertionError(f"{file} has no {old!r} to plant a fault at.")
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        dag = load_dag(dags / "attribution.py", shape)
        if is_rendered:
            render(dag, dags, Settings())
        return faults_of(dag)


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
