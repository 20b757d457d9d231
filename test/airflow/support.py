"""What the Python tests share: the paths, and loading the DAG, whole or with a fault planted in it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

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
