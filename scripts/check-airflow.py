"""Checks warehouse/airflow without an Airflow. docs/airflow.md lists what these checks can't prove.

Needs Python with Jinja2 and sqlfluff (Debian: python3-jinja2, sqlfluff). Exits with 1 on a fault, with 2 if one of
them is missing or fails.
"""

import ast
import re
import shutil
import sys
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
DAGS = ROOT / "warehouse" / "airflow" / "dags"
DOCS = ROOT / "docs" / "airflow.md"
# The oldest Python that Airflow 2.6 runs on and common-sql 1.5.2 still supports.
OLDEST_PYTHON = (3, 8)

sys.path.insert(0, str(SCRIPTS))
sys.dont_write_bytecode = True


def main() -> int:
    if not shutil.which("sqlfluff"):
        print("sqlfluff is not installed (Debian: apt-get install sqlfluff)", file=sys.stderr)
        return 2
    try:
        from airflow_check import dialects, loading, rendering, rules, shapes
    except ModuleNotFoundError as error:
        print(f"{error} (Debian: apt-get install python3-jinja2)", file=sys.stderr)
        return 2

    faults: list[str] = []
    sources = sorted(DAGS.glob("*.py"))
    for source in sources:
        ast.parse(source.read_text(encoding="utf-8"), source.name, feature_version=OLDEST_PYTHON)
    print(f"{len(sources)} files compile, also as Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]}")

    documented = DOCS.read_text(encoding="utf-8")
    statements: dict[str, dict[str, str]] = {"redshift": {}, "postgres": {}}
    for shape in shapes.SHAPES:
        dag = loading.load_dag(DAGS / "attribution.py", shape)
        found = rules.faults_of(dag)
        for warehouse, sql in statements.items():
            settings = rendering.Settings(
                variables={} if warehouse == "redshift" else {"attribution_warehouse_kind": warehouse}
            )
            tasks = rendering.render(dag, DAGS, settings)
            sql.update({f"{shape.name} {task_id}": task["sql"] for task_id, task in tasks.items() if "sql" in task})
            for name, default in settings.asked_variables.items():
                if not re.search(rf"^\| `{name}` \|.*`{re.escape(default)}`", documented, re.MULTILINE):
                    found.append(f"docs/airflow.md does not list the Variable {name} with its default {default}.")
            for name in settings.asked_connections | {task["conn_id"] for task in tasks.values() if "conn_id" in task}:
                if f"| `{name}` |" not in documented:
                    found.append(f"docs/airflow.md does not list the connection {name}.")
        edges = sum(len(task.downstream) for task in dag.tasks.values())
        print(f"{shape.name}: imported, {len(dag.tasks)} tasks, {edges} edges, rendered twice, {len(found)} faults")
        faults += [f"{shape.name}: {fault}" for fault in dict.fromkeys(found)]
    try:
        for warehouse, sql in statements.items():
            unparsable = dialects.parse_faults(sql, warehouse)
            print(f"{len(sql)} statements parsed as {warehouse} SQL, {len(unparsable)} faults")
            faults += unparsable
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2

    for fault in faults:
        print(fault, file=sys.stderr)
    tests = unittest.defaultTestLoader.discover(str(ROOT / "test" / "airflow"), pattern="*_test.py")
    result = unittest.TextTestRunner(verbosity=1).run(tests)
    # Without tests, unittest reports success.
    return 0 if not faults and result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
