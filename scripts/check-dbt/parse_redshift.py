"""Parses statements as Redshift SQL with sqlglot.

Reads a JSON array of statements from standard input, and writes {"faults": [...], "datediffs": n}: the statements that
sqlglot can't parse or does not understand, and those that take the difference of instants without converting them to UTC.
"""

import json
import logging
import sys

import sqlglot
from sqlglot import exp

logging.disable(logging.WARNING)


def is_utc(instant):
    """Whether an argument of datediff is converted to UTC."""
    while isinstance(instant, (exp.Paren, exp.Cast)):
        instant = instant.this
    return isinstance(instant, exp.AtTimeZone) and instant.args["zone"].name == "UTC"


def check(sql):
    """The number of datediffs. Raises ValueError if a statement is not Redshift's."""
    datediffs = 0
    for tree in sqlglot.parse(sql, read="redshift", error_level=sqlglot.ErrorLevel.RAISE):
        if tree is None:
            continue
        if isinstance(tree, exp.Command):
            raise ValueError("sqlglot does not know this statement")
        for difference in tree.find_all(exp.DateDiff, exp.TsOrDsDiff):
            datediffs += 1
            if not is_utc(difference.this) or not is_utc(difference.expression):
                raise ValueError(f"{difference.sql('redshift')} depends on the session's time zone")
    return datediffs


faults = []
datediffs = 0
for statement in json.load(sys.stdin):
    try:
        datediffs += check(statement)
    except (ValueError, sqlglot.errors.SqlglotError) as error:
        faults.append(f"{error}\n{statement}")
json.dump({"faults": faults, "datediffs": datediffs}, sys.stdout)
