"""What Schemathesis needs to know about the service: its scalars, and which answers are errors of the service."""

import collections
import json
import os
from datetime import timezone

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

TIMES = st.datetimes(timezones=st.just(timezone.utc)).map(lambda time: time.strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27))
schemathesis.graphql.scalar("DateTime", (TIMES | st.text(max_size=20)).map(nodes.String))
schemathesis.graphql.scalar("Day", (st.dates().map(str) | st.text(max_size=12)).map(nodes.String))
schemathesis.graphql.scalar("Decimal", (st.decimals(allow_nan=False).map(str) | st.text(max_size=12)).map(nodes.String))

# Mostly ids that exist in the demo data, as any other text is refused before anything is read.
schemathesis.graphql.scalar("ID", (st.integers(1, 1100).map(str) | st.text(max_size=20)).map(nodes.String))

# The codes of docs/api.md, and those that mean a failure of the service itself.
KNOWN = set(os.environ["ERROR_CODES"].split(","))
UNEXPECTED = {"INTERNAL_SERVER_ERROR"}
# Dependencies that fail: documented, and expected of a service without an AdSuite or with a busy warehouse.
UNAVAILABLE = {502, 503, 504}
answers = collections.Counter()


@schemathesis.check
def documented_answer(ctx, response, case):
    """The answer is GraphQL's, its errors have documented codes, and the service itself did not fail."""
    text = response.text
    assert response.status_code < 500 or response.status_code in UNAVAILABLE, f"HTTP {response.status_code}: {text[:500]}"
    assert "json" in (response.headers.get("content-type") or [""])[0], f"not JSON: {text[:200]}"
    body = json.loads(text)
    assert isinstance(body, dict) and set(body) <= {"data", "errors", "extensions"}, f"not GraphQL's shape: {text[:200]}"
    codes = {error["extensions"]["code"] for error in body.get("errors", [])}
    assert codes <= KNOWN - UNEXPECTED, f"an unexpected or unknown code: {text[:500]}"
    assert codes or "data" in body, f"neither data nor errors: {text[:200]}"
    answers[f"{response.status_code} {', '.join(sorted(codes)) or 'OK'}"] += 1
    # After each answer, as nothing is called at the end of a run.
    with open(os.environ["ANSWERS_FILE"], "w", encoding="utf-8") as file:
        json.dump(answers, file)
