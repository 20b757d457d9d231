"""Runs dbt with the real dbt-redshift adapter and without a cluster: records each statement and answers with what an
adapter needs to continue.

The arguments are dbt's. Environment: STATEMENTS, a file to which a JSON line per statement is appended; COLUMNS, the
columns of the existing relations of the schema as JSON, {name: {"type": "table", "comment": text or null, "columns":
[[name, type], ...]}};
CONFLICT, a pattern: the first statement that matches it fails once as Redshift fails on a conflict.
"""

import json
import os
import re
import sys
import threading

import redshift_connector
import sqlglot
from dbt.cli.main import cli

VARCHAR = 1043
lock = threading.Lock()
thread = threading.local()
existing = json.loads(os.environ.get("COLUMNS", "{}"))
# The row of run_lease, as the run's own update has set it.
lease = {"build_id": None, "invocation_id": None, "build_number": None}
conflict = re.compile(os.environ["CONFLICT"]) if "CONFLICT" in os.environ else None
# The kind of each relation, as the statements change it.
kinds = {name: value["type"] for name, value in existing.items()}
# The comment of each table.
comments = {name: value["comment"] for name, value in existing.items()}
relation_name = r'(?:"?[\w-]+"?\.)*"?(\w+)"?'


def follow(sql):
    """Keeps kinds up to date: models ask which of their tables and views exist."""
    text = re.sub(r"/\*.*?\*/", "", sql, flags=re.S).strip().lower()
    if created := re.match(rf"create\s+(table|view)\s+{relation_name}", text):
        kinds[created[2]] = created[1]
        comments.pop(created[2], None)
    elif commented := re.match(rf"comment\s+on\s+table\s+{relation_name}\s+is\s+'(.*)'", text):
        comments[commented[1]] = commented[2]
    elif renamed := re.match(rf"alter\s+(?:table|view)\s+{relation_name}\s+rename\s+to\s+{relation_name}", text):
        kinds[renamed[2]] = kinds.pop(renamed[1])
        comments[renamed[2]] = comments.pop(renamed[1], None)
    elif dropped := re.match(rf"drop\s+(?:table|view)\s+(?:if\s+exists\s+)?{relation_name}", text):
        kinds.pop(dropped[1], None)


def node_of(sql):
    """dbt's id of the model or test of a statement. dbt sends several in one text, and splits them: only the first has
    the comment with the id."""
    comment = re.match(r"\s*/\*\s*({.*?})\s*\*/", sql)
    if comment:
        thread.node = json.loads(comment[1]).get("node_id")
    return getattr(thread, "node", None)


def selected_names(sql):
    """The names of the columns that dbt's probe of a contract selects: of a model's query, or of the declared types."""
    query = sqlglot.parse_one(sql, read="redshift")
    if query.selects[0].is_star:
        query = query.args["from_"].this.this
    return query.named_selects


def answer(sql):
    """The columns and rows of an answer."""
    text = re.sub(r"/\*.*?\*/", "", sql, flags=re.S).strip().lower()
    if text == "select pg_backend_pid()":
        return ["pid"], [[1]]
    if "count(*) as failures" in text:
        return ["failures", "should_warn", "should_error"], [[0, False, False]]
    if "where false\n    limit 0" in text or re.match(r"select\s+cast\(null as", text):
        return selected_names(sql), []
    if "table_catalog as database" in text:
        rows = [["warehouse", name, "attribution", value["type"]] for name, value in existing.items()]
        return ["database", "name", "schema", "type"], rows
    if "from pg_namespace" in text or "svv_redshift_schemas" in text:
        return ["schema"], [["attribution"]]
    if "from bound_views" in text:
        name = re.search(r"where table_name = '(\w+)'", text)[1].split("__dbt_tmp")[0]
        rows = [[column, kind, 256, 18, 4] for column, kind in existing[name]["columns"]]
        return ["column_name", "data_type", "character_maximum_length", "numeric_precision", "numeric_scale"], rows
    if text.startswith("select distinct tables_build_number"):
        numbers = {int(name.split("__")[1]) for name in kinds if re.search(r"__\d+$", name)}
        return ["tables_build_number"], [[number] for number in sorted(numbers, reverse=True)[: int(text.split()[-1])]]
    if "as note_text" in text:
        note = comments.get(re.search(r"relname = '(\w+)'", text)[1])
        return ["note_text"], [[note]] if note else []
    if "from pg_catalog.pg_class as relations" in text:
        pattern = re.compile(re.search(r"relname ~ '([^']+)'", text)[1])
        found = [[name, kind, comments.get(name)] for name, kind in kinds.items() if pattern.search(name)]
        return ["relation_name", "kind", "comment_text"], sorted(found, key=lambda row: (len(row[0]), row[0]), reverse=True)
    if "from pg_catalog.pg_attribute as columns" in text:
        name = re.search(r"relname = '(\w+)'", text)[1]
        return ["column_name"], [[column] for column, _ in existing.get(name, {"columns": []})["columns"]]
    if "as history_text" in text:
        return ["history_text"], [["1 1 2026-01-01T00:00:00.000000Z"]]
    if "as build_text" in text:
        return ["build_text"], [["2026-01-01T00:00:00.000000Z 9 0 1 1 1 1 1 1 1 1 1"]]
    if text.startswith("update") and "run_lease" in text:
        lease.update(re.findall(r"(build_id|invocation_id) = '([^']*)',\n", text))
        lease.update((name, int(number)) for name, number in re.findall(r"(build_number) = (\d+)", text))
    if text.endswith('from "attribution".run_lease'):
        times = {"taken_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2026-01-01T01:00:00.000000Z"}
        row = {**lease, **times, "is_old": 1}
        return list(row), [list(row.values())]
    if text.startswith("select count(*) as tables"):
        return ["tables"], [[int(re.search(r"tablename = '(\w+)'", text)[1] in existing)]]
    if "as newest" in text:
        numbers = [int(name.split("__")[1]) for name in kinds if re.search(r"__\d+$", name)]
        return ["newest", "own"], [[max(numbers, default=1), None]]
    if text.startswith("select count(*) as findings"):
        return ["findings"], [[1]]
    if text.startswith("select to_char(refreshed_at"):
        return ["refreshed_at"], [["2026-01-01 00:00:00.000001"]]
    return None, []


class Cursor:
    rowcount = -1
    description = None

    def execute(self, sql, bindings=None):
        global conflict
        with lock, open(os.environ["STATEMENTS"], "a") as file:
            file.write(json.dumps({"sql": sql, "node": node_of(sql)}) + "\n")
            if conflict and conflict.search(sql):
                conflict = None
                raise redshift_connector.ProgrammingError("could not complete because of conflict with concurrent transaction")
            follow(sql)
        names, self.rows = answer(sql)
        self.description = names and [(name, VARCHAR, None, None, None, None, None) for name in names]
        return self

    def fetchall(self):
        return self.rows

    def fetchmany(self, count):
        return self.rows[:count]

    def fetchone(self):
        return self.rows[0] if self.rows else None

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Connection:
    autocommit = False
    cursor = Cursor

    def commit(self):
        pass

    rollback = close = commit


redshift_connector.connect = lambda **_: Connection()
sys.argv[0] = "dbt"
cli()
