"""Parses rendered SQL in the dialect of its warehouse with sqlfluff."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path


def parse_faults(statements: dict[str, str], dialect: str) -> list[str]:
    """Returns one fault for each statement that sqlfluff can't parse. Raises RuntimeError if sqlfluff itself fails.

    statements: SQL by name.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, sql in statements.items():
            Path(folder, f"{name}.sql").write_text(f"{sql.strip()}\n", encoding="utf-8")
        run = subprocess.run(
            ["sqlfluff", "parse", "--dialect", dialect, "--format", "yaml", folder], capture_output=True, text=True
        )
    trees = re.split(r"^- filepath: ", run.stdout, flags=re.MULTILINE)[1:]
    unparsable = [
        tree
        for tree in trees
        if re.search(r"^[\s-]*unparsable:", tree, re.MULTILINE)
        or not re.search(r"^[\s-]*statement:", tree, re.MULTILINE)
    ]
    # If a file can't be parsed, the exit code is 0 or 1, depending on the version. A crash or a skipped file is fatal.
    if len(trees) != len(statements) or (run.returncode != 0 and not unparsable):
        raise RuntimeError(f"sqlfluff failed with {run.returncode}: {run.stderr.strip()}")
    return [f"{Path(tree.splitlines()[0]).stem} can't be parsed as {dialect} SQL." for tree in unparsable]
