"""Imports a DAG file with a stub of one version of Airflow. Access to files, network and programs is refused meanwhile."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from .shapes import Shape
from .stub import RecordedDag, Recorder, Refused

_FORBIDDEN = (
    "open",
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.listdir",
    "urllib.",
)
_IMPORTER = "<frozen importlib._bootstrap_external>"
_watching = False


def load_dag(file: Path, shape: Shape) -> RecordedDag:
    """Returns the single DAG that a file defines. Raises Refused, or what the file itself raises."""
    helpers = {path.stem for path in file.parent.glob("*.py")}
    _forget(helpers)
    recorder = Recorder(shape)
    recorder.install()
    sys.path.insert(0, str(file.parent))
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        _watch(True)
        spec.loader.exec_module(module)
    finally:
        _watch(False)
        sys.dont_write_bytecode = written
        sys.path.remove(str(file.parent))
        _forget(helpers)
    if len(recorder.dags) != 1:
        raise Refused(f"{file.name} defines {len(recorder.dags)} DAGs instead of one.")
    return recorder.dags[0]


def _forget(helpers: set[str]) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "airflow" or name in helpers]:
        del sys.modules[name]


def _watch(on: bool) -> None:
    global _watching
    _watching = on


def _audit(event: str, arguments: tuple) -> None:
    if not _watching or not event.startswith(_FORBIDDEN):
        return
    # The import of a module also opens and lists files, in this frame.
    if event in ("open", "os.listdir") and sys._getframe(1).f_code.co_filename == _IMPORTER:
        return
    raise Refused(f"At import, the file does what only a task may do: {event} {arguments[:1]}.")


sys.addaudithook(_audit)
