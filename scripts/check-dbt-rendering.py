"""Renders the dbt project's templates with Jinja2, the engine that dbt uses.

Reads one JSON document from standard input and writes one to standard output. scripts/check-dbt-rendering.ts calls it
and compares. The names that a template may use are stubbed as in src/embedded/dbt/render.ts.
"""

import json
import re
import sys

import jinja2


class StartedAt:
    def __init__(self, text):
        self.text = text

    def isoformat(self):
        return self.text


class Exceptions:
    @staticmethod
    def raise_compiler_error(message):
        raise ValueError(message)


class Result:
    rows = [["2026-01-01 00:00:00.000001"]]


class Relation:
    """`this`. On Redshift, dbt prefixes it with the database."""

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return self.name

    def include(self, database):
        if database:
            raise ValueError("only database=false is supported")
        return self.name


def run_query(command):
    if command == "compile":
        raise RuntimeError("dbt compile must not run a query")
    return Result()


def forwarder(macros, name):
    return lambda *arguments, **keywords: macros[name](*arguments, **keywords)


def main():
    job = json.load(sys.stdin)
    out = []
    queries = []
    for task in job["tasks"]:
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
        variables = job["vars"]

        def var(name, *default):
            if name in variables:
                return variables[name]
            if default:
                return default[0]
            raise ValueError(f"var {name} has no value")

        names = {
            "config": lambda **keywords: "",
            "ref": lambda name: f'"attribution"."{name}"',
            "source": lambda source, table: job["sources"][f"{source}.{table}"],
            "var": var,
            "is_incremental": lambda: task["isIncremental"],
            "target": {"type": task["target"], "name": "check", "schema": "attribution"},
            "invocation_id": job["invocationId"],
            "run_started_at": StartedAt(job["startedAt"]),
            "exceptions": Exceptions,
            "execute": True,
            "flags": {"WHICH": task["command"]},
            "run_query": lambda query, task=task: queries.append([task["file"], query]) or run_query(task["command"]),
        }
        if task["thisName"]:
            names["this"] = Relation(f'"attribution"."{task["thisName"]}"')
        environment.globals.update(names)
        # A module binds global names when it is created, so macros call each other through forwarders.
        macros = {}
        for macro_file in job["macros"]:
            for name in re.findall(r"\{%-?\s*macro\s+(\w+)", macro_file):
                environment.globals[name] = forwarder(macros, name)
        for macro_file in job["macros"]:
            module = environment.from_string(macro_file).module
            for name in re.findall(r"\{%-?\s*macro\s+(\w+)", macro_file):
                macros[name] = getattr(module, name)
        out.append(environment.from_string(task["template"]).render())
    json.dump({"rendered": out, "queries": queries}, sys.stdout)


main()
