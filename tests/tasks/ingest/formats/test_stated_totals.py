"""Reconciliation of logs that state totals of their own: each equals the ledger, or the difference has a reason."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import span_samples
from trajectory_samples import CODEX, OPENCLAW_TELEMETRY, OPENHANDS, OPENHANDS_EVAL, lines

from storage.workspace import Workspace
from tasks.ingest.reconciliation import Reconciled, reconcile
from tasks.ingest.run import ingest_paths

JUNIT = b"""<testsuites><testsuite name="s" tests="3" failures="1" skipped="1" timestamp="2026-11-20T10:00:00">
<testcase name="a"/><testcase name="b"><failure message="m">t</failure></testcase>
<testcase name="c"><skipped/></testcase>
</testsuite></testsuites>"""


def result(number: int, **more: Any) -> dict[str, Any]:
    """A result of promptfoo with 20 tokens in and 10 out."""
    usage = {"total": 30, "prompt": 20, "completion": 10, "numRequests": 1}
    return {
        "id": f"r{number}", "promptIdx": 0, "testIdx": number, "success": True, "score": 0.5, "provider": "m",
        "response": {"output": "hi", "tokenUsage": usage}, "gradingResult": {},
    } | more  # fmt: skip


def promptfoo(prompt_tokens: int) -> bytes:
    """Three results, one of them from promptfoo's cache and one told twice, with what `stats` says of their tokens."""
    cached = result(2, response={"output": "hi", "cached": True, "tokenUsage": {"total": 30, "cached": 30}})
    usage = {"total": 60, "prompt": prompt_tokens, "completion": 20, "cached": 30}
    stats = {"successes": 3, "failures": 0, "errors": 0, "tokenUsage": usage}
    body = {"timestamp": "2026-11-20T10:00:00Z", "results": [result(0), result(1), cached], "stats": stats}
    return json.dumps({"evalId": "e", "results": body}).encode()


def found(workspace: Workspace, folder: Path, now: datetime, files: dict[str, bytes]) -> dict[str, Reconciled]:
    """What reconciliation says of these files, by format."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    ingest_paths(workspace, [folder], now=now)
    return {one.format: one for one in reconcile(workspace)}


def test_stated_totals_equal_the_ledger(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Of every sample each figure is compared and explained; what is left out has its reason."""
    files = {
        "p.json": promptfoo(40), "j.xml": JUNIT, "rollout-2026-03-01T10-00-00-x.jsonl": lines(CODEX),
        "l.jsonl": span_samples.lines(*span_samples.LANGSMITH), "t.jsonl": lines(OPENCLAW_TELEMETRY),
        "h.json": json.dumps(OPENHANDS).encode(), "output.jsonl": lines([OPENHANDS_EVAL]),
    }  # fmt: skip
    told = found(workspace, tmp_path / "logs", now, files)
    assert sorted(told) == [
        "codex", "junit", "langsmith", "openclaw-telemetry", "openhands", "openhands-eval", "promptfoo"
    ]  # fmt: skip
    figures = {name: {one.figure: one for one in each.figures} for name, each in told.items()}
    assert [(name, one) for name, each in figures.items() for one in each.values() if one.unexplained] == []
    assert all(each.is_explained for each in told.values())
    assert figures["codex"]["input_tokens"].source == 250  # the sample's last total
    assert figures["junit"]["runs"].reasons == {"a test case that was skipped is no run": Decimal(-1)}
    assert figures["openhands"]["input_tokens"].source == 70
    assert figures["langsmith"]["cost_usd"].source == Decimal("0.0001")


def test_a_wrong_total_is_seen(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Stats that say one token more than the results have are a difference without a reason."""
    (told,) = found(workspace, tmp_path / "logs", now, {"p.json": promptfoo(41)}).values()
    assert {one.figure: one.unexplained for one in told.figures if one.unexplained} == {"input_tokens": Decimal(-1)}


@pytest.mark.parametrize("order", ["forked last", "forked first"])
def test_a_fork_of_a_session_is_compared_without_its_copy(
    workspace: Workspace, tmp_path: Path, now: datetime, order: str
) -> None:
    """A fork begins with its session's lines: their usage is in both totals, and counted once."""
    own = {**CODEX[0], "payload": {**CODEX[0]["payload"], "id": "f", "forked_from_id": CODEX[0]["payload"]["id"]}}
    names = ("rollout-a.jsonl", "rollout-b.jsonl")
    first, last = names if order == "forked last" else names[::-1]
    told = found(workspace, tmp_path / "logs", now, {first: lines(CODEX), last: lines([own, *CODEX[1:]])})
    figure = {one.figure: one for one in told["codex"].figures}["input_tokens"]
    assert (figure.source, figure.ledger, figure.unexplained) == (500, 250, 0)
