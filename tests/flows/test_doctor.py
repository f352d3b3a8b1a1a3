"""What the doctor says of a ledger and its settings, and what it says to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flows.doctor import Check, examine
from storage.ledger import open_ledger
from storage.records import Run
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.ingest.parsed import Parsed
from tasks.ingest.store import transaction


def said(workspace: Workspace, now: datetime, name: str) -> list[Check]:
    """The doctor's lines of that name."""
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        return [check for check in examine(workspace, ledger, now) if check.name == name]


def test_runs_of_the_future_are_named(workspace: Workspace, now: datetime) -> None:
    """A clock that runs ahead is said once, with how many runs it dated; a run of the past says nothing."""
    times = (now - timedelta(days=1), now + timedelta(days=1), datetime(2099, 1, 1, tzinfo=UTC))
    runs = [
        Run(run_id=f"r{n}", source_format="f", source_file="f", started_at=at, outcome="unknown")
        for n, at in enumerate(times)
    ]
    with open_ledger(workspace.ledger, purpose="test") as ledger, transaction(workspace, ledger) as writer:
        writer.add(Parsed(runs), ["f"])
    [line] = said(workspace, now, "clocks")
    assert (line.state, line.detail.split()[0]) == ("note", "2")
    assert said(workspace, datetime(2100, 1, 1, tzinfo=UTC), "clocks") == []


def test_an_objective_that_cannot_be_read_is_named_with_its_line(workspace: Workspace, now: datetime) -> None:
    """Where it is, what was got and what is accepted; the others are counted only where all are well."""
    path = workspace.root / SETTINGS_FILE
    slis = '    slis:\n      - {metric: success_rate, target: "> 90%"}\n      - {metric: sucess, target: "> 90%"}\n'
    path.write_text(f"agents:\n  - name: Ada\n{slis}")
    [line] = said(Workspace(workspace.root), now, "SLOs")
    assert line.state == "bad" and f"{path}:5" in line.detail and "sucess" in line.detail
    assert "success_rate" in (line.next or "")
    path.write_text(path.read_text().replace("sucess", "autonomy"))
    assert [check.state for check in said(Workspace(workspace.root), now, "SLOs")] == ["ok"]
