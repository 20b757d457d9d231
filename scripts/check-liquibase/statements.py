"""Splits the SQL on standard input into statements and parses each as Redshift SQL with sqlglot.

Prints a JSON list of {"text", "kind"}: kind is the type of sqlglot's syntax tree, "Command" if sqlglot keeps the
statement as text that it does not understand, or the parser's error after "error: ".
"""

import json
import logging
import sys

import sqlglot
from sqlglot.errors import ParseError
from sqlglot.tokens import TokenType


def statements(sql: str) -> list[str]:
    """Returns the statements without their comments and semicolons."""
    texts, start, end = [], None, None
    for token in sqlglot.tokenize(sql, read="redshift"):
        if token.token_type == TokenType.SEMICOLON:
            if start is not None:
                texts.append(sql[start : end + 1])
            start = None
            continue
        start = token.start if start is None else start
        end = token.end
    if start is not None:
        texts.append(sql[start : end + 1])
    return texts


def kind(text: str) -> str:
    try:
        tree = sqlglot.parse_one(text, read="redshift")
    except ParseError as error:
        return f"error: {error}"
    return "Command" if tree.find(sqlglot.exp.Command) else type(tree).__name__


# sqlglot warns about each statement that it keeps as text; the caller checks these.
logging.getLogger("sqlglot").setLevel(logging.ERROR)
json.dump([{"text": text, "kind": kind(text)} for text in statements(sys.stdin.read())], sys.stdout)
