"""Secrets planted in every text of the logs are nowhere in the workspace after a night and a week."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from canary_logs import CANARIES, TEXT, claude, contents

from flows.nightly import nightly
from flows.weekly import weekly
from storage.config_repo import ConfigRepo
from storage.ledger import open_ledger
from storage.workspace import SETTINGS_FILE, Workspace


def otlp(day: datetime) -> str:
    """A span with the canaries in every attribute, in its status and in its exception."""
    at = str(int(day.timestamp() * 1e9))
    keys = ("agent.name", "tool.name", "tool.call.arguments", "tool.call.result", "conversation.id", "request.model")
    named = {f"gen_ai.{key}": TEXT for key in keys} | {"gen_ai.operation.name": "execute_tool", "error.type": TEXT}
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in named.items()]
    event = {
        "name": "exception",
        "timeUnixNano": at,
        "attributes": [{"key": "exception.message", "value": {"stringValue": TEXT}}],
    }
    span = {
        "traceId": "a" * 32, "spanId": "b" * 16, "name": f"execute_tool {TEXT}", "startTimeUnixNano": at,
        "endTimeUnixNano": at, "attributes": attributes, "events": [event], "status": {"code": 2, "message": TEXT},
    }  # fmt: skip
    return json.dumps({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [span]}]}]}) + "\n"


@pytest.fixture
def fleet(workspace: Workspace) -> Workspace:
    """Logs of three days in two formats, a table of scores with a note, and what no format knows."""
    with (workspace.root / SETTINGS_FILE).open("a") as stream:
        stream.write("sources: [{path: logs, agent: Ada}]\nschedules: {nightly: null, weekly: null}\n")
    logs = workspace.root / "logs"
    logs.mkdir()
    now = datetime.now(UTC)
    for n in range(3):
        (logs / f"{CANARIES[0]}-{n}.jsonl").write_text(claude(now - timedelta(days=n + 1)))
    (logs / "spans.jsonl").write_text(otlp(now - timedelta(days=1)))
    (logs / "scores.csv").write_text(
        f"task,date,agent,success,autonomy,efficiency,notes\n{CANARIES[1]},{now:%Y-%m-%d},ada,4,3,5,{TEXT}\n"
    )
    (logs / "unknown.txt").write_text(TEXT)
    ConfigRepo.create(workspace.root / "agent-configs", {"ada/SOUL.md": b"# Ada\n"}, now)
    return workspace


def test_planted_secrets_are_found_nowhere(fleet: Workspace) -> None:
    """Not in the ledger, its log, the read copy, reviews, proposals, file names, nor in git's objects unpacked."""
    nightly.fn(str(fleet.root))
    weekly.fn(str(fleet.root))
    logs = fleet.root / "logs"
    searched = 0
    for path in fleet.root.rglob("*"):
        if logs in (path, *path.parents) or not path.is_file():
            continue
        assert not any(canary in str(path) for canary in CANARIES)
        for data in contents(path):
            searched += 1
            for canary in CANARIES:
                assert canary.encode() not in data, path
                assert canary[8:-8].encode() not in data, path
    assert searched > 10
    assert list(fleet.reports.rglob("*.html"))
    with open_ledger(fleet.ledger, purpose="test") as ledger:  # its blocks are compressed, so its rows are read too
        tables = [row["name"] for row in ledger.typed("SELECT table_name AS name FROM duckdb_tables()")[1]]
        rows = {table: repr(ledger.typed(f'FROM "{table}"')[1]) for table in tables}
    assert "<github-pat:" in rows["messages"] and "<aws-" in rows["tool_calls"] and rows["quarantine"] != "[]"
    for table, text in rows.items():
        assert not [canary for canary in CANARIES if canary[8:-8] in text], table
